<?php

/**
 * Renames the logs of a folder (app.log, app.log.1, …), then tells the programs that write them.
 *
 *     php rotate-logs.php FOLDER KEEP POSTROTATE     for instance: … /var/log/shop 7 'systemctl reload shop'
 *
 * Exit status: 0 done, or somebody else does it just now; 1 POSTROTATE failed; 64 wrong use.
 */

use Sitelock\FileLock;

if ($argc !== 4 || !is_dir($argv[1]) || (int) $argv[2] < 1) {
    fwrite(STDERR, "usage: php rotate-logs.php FOLDER KEEP POSTROTATE\n");
    exit(64);
}
[, $folder, $keep, $postrotate] = $argv;

$lock = new FileLock("$folder/rotate.lock", 'log rotation');
if (!$lock->acquire()) {
    foreach ($lock->getHolders() as $holder) {
        echo "skipped: $folder is being rotated by $holder\n";
    }
    exit(0); // not an error: it is being done
}

foreach ($lock->getAbandonedBy() as $dead) {
    echo "finishing what was abandoned by $dead\n";
}

$renamed = false;
foreach (glob("$folder/*.log") as $log) {
    // Up to the first gap, which a killed run may have left; without one the oldest is overwritten.
    for ($to = 1; $to < $keep && file_exists("$log.$to"); $to++) {
        continue;
    }
    for (; $to > 1; $to--) {
        rename("$log." . ($to - 1), "$log.$to");
    }
    rename($log, "$log.1");
    $renamed = true;
}

// Who was killed may have renamed them all, and told nobody.
if ($renamed || $lock->getAbandonedBy() !== []) {
    passthru($postrotate, $status);
    if ($status !== 0) {
        fwrite(STDERR, "$postrotate: exit status $status\n");
        exit(1); // the next one is told of it, and tries again
    }
}
$lock->markConsistent();
