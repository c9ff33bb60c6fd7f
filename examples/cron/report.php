<?php

/**
 * A cron job that waits for its turn, at most ten minutes, and says what it waits for.
 *
 *     php report.php FOLDER [SECONDS]
 *
 * On a terminal there is one line that changes, in cron's mail one line at the start and one each
 * minute. Exit status: 0 done, 75 it was not its turn in time (sysexits.h calls it "try again later").
 */

use Sitelock\FileLock;
use Sitelock\Lock;

if ($argc < 2 || !is_dir($argv[1])) {
    fwrite(STDERR, "usage: php report.php FOLDER [SECONDS]\n");
    exit(64);
}
$folder = $argv[1];
$patience = (float) ($argv[2] ?? 600);
$live = stream_isatty(STDERR);
$told = -INF; // when the last line was written, in seconds of waiting

$progress = function (Lock $lock, float $waited) use ($patience, $live, &$told): void {
    if (!$live && $waited - $told < 60) {
        return;
    }
    $told = $waited;
    $holder = $lock->getHolders()[0] ?? 'somebody who just left';
    $ahead = $lock->getWaitersAhead();
    $line = sprintf(
        'waiting %s of %s for %s%s',
        gmdate('i:s', (int) $waited),
        gmdate('i:s', (int) $patience),
        $holder,
        $ahead ? ", $ahead before us" : ''
    );
    fwrite(STDERR, $live ? "\r\033[K$line" : "$line\n");
};

$lock = new FileLock("$folder/report.lock", 'nightly report');
$locked = $lock->acquire($patience, $progress);
if ($live && $told >= 0) {
    fwrite(STDERR, "\n");
}
if (!$locked) {
    foreach ($lock->getHolders() as $holder) {
        fwrite(STDERR, "gave up: {$lock->getPath()} is still locked by $holder\n");
    }
    exit(75);
}

// The work itself. Whoever reads the report sees the old one or the new one, never half of it.
$lines = [];
foreach (new FilesystemIterator($folder) as $file) {
    $lines[] = sprintf("%10d %s\n", $file->getSize(), $file->getFilename());
}
sort($lines);
file_put_contents("$folder/report.txt.new", $lines);
rename("$folder/report.txt.new", "$folder/report.txt");
echo "$folder/report.txt has ", count($lines), " lines\n";
