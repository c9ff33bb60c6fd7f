<?php

/*
 * contestant.php PATH PAIRS record|bare|fopen|directory|mkdir: prints nanoseconds per acquire and release.
 */

use Sitelock\DirectoryLock;
use Sitelock\FileLock;
use Sitelock\Lock;

/* Nobody takes a lock without a look at the answer, so that belongs to what is measured. */
function with_lock(Lock $lock, int $pairs): int
{
    $start = hrtime(true);
    for ($i = 0; $i < $pairs; $i++) {
        if (!$lock->acquire()) {
            throw new RuntimeException("{$lock->getPath()} is busy");
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

/* The oldest lock of all: it says neither who has it nor whether he lives. */
function with_mkdir(string $path, int $pairs): int
{
    $start = hrtime(true);
    for ($i = 0; $i < $pairs; $i++) {
        if (!mkdir($path)) {
            throw new RuntimeException("$path is busy");
        }
        rmdir($path);
    }
    return hrtime(true) - $start;
}

function nanoseconds_for(string $path, int $pairs, string $kind): int
{
    switch ($kind) {
        case 'fopen':
            return with_fopen($path, $pairs);
        case 'mkdir':
            return with_mkdir($path, $pairs);
        case 'directory':
            return with_lock(new DirectoryLock($path, 'bench'), $pairs);
        default:
            return with_lock(new FileLock($path, 'bench', 0600, $kind === 'record'), $pairs);
    }
}

[, $path, $pairs, $kind] = $argv;
nanoseconds_for($path, intdiv($pairs, 10), $kind); // warms up
printf("%.1f\n", nanoseconds_for($path, $pairs, $kind) / $pairs);
