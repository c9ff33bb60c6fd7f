<?php

/**
 * Restores a site from its backup, never beside a backup or another restore.
 *
 *     php restore.php SITE BACKUPS
 *
 * Exit status: 0 done, 75 somebody else works on this site, 1 failed, 66 there is no backup.
 */

require __DIR__ . '/site.php';

[$site, $backups, $name] = arguments($argv);

$lock = new Sitelock\FileLock("$backups/$name.lock", "restore of $name");
lock_site($lock, "$backups/$name.partial");

if (!is_file("$backups/$name/files.tar") || !is_file("$backups/$name/database.sql")) {
    fwrite(STDERR, "there is no backup of $name in $backups; $site is untouched\n");
    exit(66);
}

// Beside the site first: what is there stays whole until the new one is.
$fresh = "$site.restoring";
remove_folder($fresh);
mkdir($fresh);
run(['tar', '--extract', '--file', "$backups/$name/files.tar", '--directory', $fresh]);
run(['sqlite3', "$fresh/database.sqlite", ".read $backups/$name/database.sql"]);
remove_folder("$site/files");
rename("$fresh/files", "$site/files");
rename("$fresh/database.sqlite", "$site/database.sqlite");
remove_folder($fresh);
echo "restored $site\n";
