<?php

/*
 * contestant.php PATH PAIRS record|bare|fopen: prints nanoseconds per acquire and release.
 */

use Sitelock\FileLock;

/* Nobody takes a lock without a look at the answer, so that belongs to what is measured. */
function with_file_lock(string $path, int $pairs, bool $record): int
{
    $lock = new FileLock($path, 'bench', 0600, $record);
    $start = hrtime(true);
    for ($i = 0; $i < $pairs; $i++) {
        if (!$lock->acquire()) {
            throw new RuntimeException("$path is busy");
        }
        $lock->release();
    }
    return hrtime(true) - $start;
}

function with_fopen(string $path, int $pairs): int
{
    $start = hrtime(true);
    for ($i = 0; $i < $pairs; $i++) {
        $file = fopen($path, 'c+e');
        if (!flock($file, LOCK_EX | LOCK_NB)) {
            throw new RuntimeException("$path is busy");
        }
        flock($file, LOCK_UN);
        fclose($file);
    }
    return hrtime(true) - $start;
}

function nanoseconds_for(string $path, int $pairs, string $kind): int
{
    return $kind === 'fopen' ? with_fopen($path, $pairs) : with_file_lock($path, $pairs, $kind === 'record');
}

[, $path, $pairs, $kind] = $argv;
nanoseconds_for($path, intdiv($pairs, 10), $kind); // warms up
printf("%.1f\n", nanoseconds_for($path, $pairs, $kind) / $pairs);
