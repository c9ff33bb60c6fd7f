<?php

/**
 * Restores a site from its backup, never beside a backup or another restore.
 *
 *     php restore.php SITE BACKUPS
 *
 * Exit status: 0 done, 75 somebody else works on this site, 64 wrong use, 66 there is no backup, 1
 * failed. It may be killed at any time, as backup.php.
 */

require __DIR__ . '/site.php';

$site = new Site($argv);
$lock = $site->lock('restore');

if (!is_dir($site->backup)) {
    $lock->release(); // in good order: nothing was begun
    fwrite(STDERR, "there is no backup of $site->name in $site->backups; $site->folder is untouched\n");
    exit(66);
}

// Beside the site first: what is there stays whole until the new one is.
remove_folder($site->restoring);
mkdir($site->restoring);
run(['tar', '--extract', '--file', "$site->backup/files.tar", '--directory', $site->restoring]);
run(['sqlite3', "$site->restoring/database.sqlite", ".read $site->backup/database.sql"]);

// Only a whole site gets this name, and from here on it takes the place of the old one.
rename($site->restoring, $site->restored);
$site->replace();
echo "restored $site->folder\n";
