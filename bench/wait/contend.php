<?php

/*
 * contend.php CONTESTANT PATH PROCESSES SECONDS: so many processes want one lock again and again, and
 * work for 50 us when they have it. Prints pairs a second, and the least and the most of one process.
 */

require __DIR__ . '/contestants.php';

const WORK_TIME = 50000;

function work(): void
{
    $end = hrtime(true) + WORK_TIME;
    while (hrtime(true) < $end) {
    }
}

function pairs_until(Contestant $lock, int $end): int
{
    for ($count = 0; ; $count++) {
        $lock->acquire();
        work();
        $lock->release();
        if (hrtime(true) >= $end) {
            return $count;
        }
    }
}

[, $name, $path, $processes, $seconds] = $argv;
$start = new Line();
$result = new Line();
contestant($name, $path); // what it needs is loaded once, before the fork
for ($i = 0; $i < $processes; $i++) {
    in_child(static function () use ($name, $path, $seconds, $start, $result): void {
        $lock = contestant($name, $path);
        $begin = $start->receive();
        usleep(max(0, intdiv($begin - hrtime(true), 1000)));
        $result->send(pairs_until($lock, $begin + (int) ($seconds * SECOND)));
    });
}
usleep(20000 + 2000 * $processes); // all of them are up
$start->send(...array_fill(0, (int) $processes, hrtime(true) + intdiv(SECOND, 20)));
$pairs = [];
for ($i = 0; $i < $processes; $i++) {
    $pairs[] = $result->receive();
}
while (pcntl_wait($status) > 0) {
}
printf("%.1f %d %d\n", array_sum($pairs) / $seconds, min($pairs), max($pairs));
