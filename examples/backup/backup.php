<?php

/**
 * Backs a site up: an archive of its files and a dump of its database, one backup at a time.
 *
 *     php backup.php SITE BACKUPS
 *
 * Exit status: 0 done, 75 somebody else works on this site, 1 failed. It may be killed at any time:
 * the next one has the lock at once, is told, and throws the half backup away.
 */

require __DIR__ . '/site.php';

[$site, $backups, $name] = arguments($argv);
$partial = "$backups/$name.partial";
$done = "$backups/$name";

$lock = new Sitelock\FileLock("$backups/$name.lock", "backup of $name");
lock_site($lock, $partial);
echo "locked, pid ", getmypid(), "\n";

mkdir($partial);
run(['tar', '--create', '--file', "$partial/files.tar", '--directory', $site, 'files']);
run(['sqlite3', '-readonly', "$site/database.sqlite", '.dump'], "$partial/database.sql");

// Only a whole backup gets the name that a restore looks for.
remove_folder($done);
rename($partial, $done);
echo "backed up to $done\n";
