<?php

/** What backup.php and restore.php share: arguments, commands, and a folder that goes as a whole. */

const BUSY = 75; // EX_TEMPFAIL of sysexits.h: try again later

/** @return string[] the site's folder, the folder of its backups, the site's name */
function arguments(array $argv): array
{
    if (count($argv) !== 3 || !is_dir($argv[1]) || !is_dir($argv[2])) {
        fwrite(STDERR, "usage: {$argv[0]} SITE BACKUPS (two existing folders)\n");
        exit(64);
    }
    return [realpath($argv[1]), realpath($argv[2]), basename(realpath($argv[1]))];
}

/** Runs a command to its end, its output into $into if that is given. Throws when it fails. */
function run(array $command, ?string $into = null): void
{
    $process = proc_open($command, $into === null ? [] : [1 => ['file', $into, 'w']], $pipes);
    $status = proc_close($process);
    if ($status !== 0) {
        throw new RuntimeException("{$command[0]} failed with exit status $status");
    }
}

function remove_folder(string $folder): void
{
    if (is_dir($folder)) {
        run(['rm', '-rf', '--', $folder]);
    }
}

/** Takes the lock of a site or says who has it; cleans up behind those who died with it. */
function lock_site(Sitelock\FileLock $lock, string $partial): void
{
    if (!$lock->acquire()) {
        foreach ($lock->getHolders() as $holder) {
            fwrite(STDERR, "refused: {$lock->getPath()} is locked by $holder\n");
        }
        exit(BUSY);
    }
    foreach ($lock->getAbandonedBy() as $dead) {
        echo "abandoned by $dead\n";
    }
    if ($lock->getAbandonedBy() !== []) {
        echo is_dir($partial) ? "discarding its half-written backup $partial\n" : "nothing half-written is left of it\n";
        remove_folder($partial);
        $lock->markConsistent();
    }
}
