<?php

/**
 * Backs a site up: an archive of its files and a dump of its database, one backup at a time.
 *
 *     php backup.php SITE BACKUPS
 *
 * Exit status: 0 done, 75 somebody else works on this site, 64 wrong use, 1 failed. It may be killed
 * at any time: the next one has the lock at once, is told, and finishes or throws away what was begun.
 */

require __DIR__ . '/site.php';

$site = new Site($argv);
$lock = $site->lock('backup');
echo "locked, pid ", getmypid(), "\n";

remove_folder($site->partial);
mkdir($site->partial);
run(['tar', '--create', '--file', "$site->partial/files.tar", '--directory', $site->folder, 'files']);
run(['sqlite3', '-readonly', "$site->folder/database.sqlite", '.dump'], "$site->partial/database.sql");

// Only a whole backup gets this name, and from here on it takes the place of the old one.
rename($site->partial, $site->complete);
$site->publish();
echo "backed up to $site->backup\n";
