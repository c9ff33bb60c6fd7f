<?php
/*
 * What a borg of the torture puts into its archive, and with that the mark that it is at work:
 *
 *     borg create --content-from-command … php content.php SCRATCH DRIVER
 *
 * It runs while borg has the repository for itself, and dies with borg, which the process DRIVER has started.
 */
require __DIR__ . '/../torture/overlap.php';

[, $scratch, $driver] = $argv;
$overlap = new Overlap("$scratch/overlap");
FFI::cdef('int prctl(int option, unsigned long argument, ...);')->prctl(1 /* PR_SET_PDEATHSIG */, 9);
$borg = posix_getppid();
// If borg was killed before that, this is a child of somebody else by now.
if (preg_match('/^\d+ \(.*\) . (\d+) /s', (string) @file_get_contents("/proc/$borg/stat"), $match) !== 1 || $match[1] !== $driver) {
    exit(1);
}
file_put_contents("$scratch/content-$borg", (string) getmypid()); // whom to wait for when that borg was killed
$mark = function (string $what) use ($scratch, $borg) { file_put_contents("$scratch/marks", hrtime(true) . " $what, borg $borg, " . getmypid() . "\n", FILE_APPEND); };
$mark('writes');
$entered = $overlap->enter(false);
file_put_contents("$scratch/borgs", $entered ? 'x' : 'O', FILE_APPEND);
if (!$entered) {
    file_put_contents("$scratch/complaints", "overlap: borg $borg beside " . shell_exec('grep :$(stat -c %i ' . escapeshellarg("$scratch/overlap") . ') /proc/locks | tr "\n" ";"') . "\n", FILE_APPEND);
}
usleep(random_int(0, 30000));
echo random_bytes(2000);
$overlap->leave();
$mark('wrote');
