<?php

/* cpu.php CONTESTANT PATH SECONDS: processor time of one wait, us for each second of it. */

require __DIR__ . '/contestants.php';

function processor_time(): int
{
    $usage = getrusage();
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1000000
        + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'];
}

/* So that loading the library is not measured. */
function warm_up(Contestant $lock): void
{
    $lock->acquire();
    $lock->release();
}

[, $name, $path, $seconds] = $argv;
$ready = new Line();
$holder = in_child(static function () use ($name, $path, $seconds, $ready): void {
    $lock = contestant($name, $path);
    $lock->acquire();
    $ready->send(0);
    usleep((int) ($seconds * 1e6));
    $lock->release();
});
warm_up(contestant($name, "$path.warm"));
$lock = contestant($name, $path);
$ready->receive();
$start = hrtime(true);
$used = processor_time();
$lock->acquire();
printf("%.1f\n", (processor_time() - $used) * SECOND / (hrtime(true) - $start));
$lock->release();
pcntl_waitpid($holder, $status);
