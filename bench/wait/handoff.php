<?php

/*
 * handoff.php CONTESTANT PATH COUNT [LONGEST]: from a release in one process to the return of the
 * acquire that waited in another, ns each. The clock is read before the release, so that is part of
 * it. The lock is held for 20 to LONGEST ms, 40 if that is not given. Of the contestants called
 * -killed the holder does not release, it is killed.
 */

require __DIR__ . '/contestants.php';

define('LONGEST', (int) ($argv[4] ?? 40));

/* Long enough to let the waiter fall asleep, and not always the same. */
function let_wait(): void
{
    usleep(random_int(20, LONGEST) * 1000 + random_int(0, 999));
}

function hold_and_release(string $name, string $path, int $count, Line $to, Line $from): void
{
    $lock = contestant($name, $path);
    for ($i = 0; $i <= $count; $i++) {
        $lock->acquire();
        $to->send(0);
        let_wait();
        $released = hrtime(true);
        $lock->release();
        $to->send($released);
        $from->receive();
    }
}

function hold_and_be_killed(string $name, string $path, int $count, Line $to, Line $from): void
{
    for ($i = 0; $i <= $count; $i++) {
        $holder = hold_in_child($name, $path);
        $to->send(0);
        let_wait();
        $released = hrtime(true);
        end_child($holder);
        $to->send($released);
        $from->receive();
    }
}

/* The first one warms up. */
function wait_again_and_again(Contestant $lock, int $count, Line $to, Line $from): void
{
    for ($i = 0; $i <= $count; $i++) {
        $from->receive();
        $lock->acquire();
        $acquired = hrtime(true);
        $released = $from->receive();
        if ($i > 0) {
            echo $acquired - $released, "\n";
        }
        $lock->release();
        $to->send(0);
    }
}

/* The same for who is told that the last owner died. */
function wait_and_repair(Sitelock $lock, int $count, Line $to, Line $from): void
{
    for ($i = 0; $i <= $count; $i++) {
        $from->receive();
        $lock->acquire();
        $acquired = hrtime(true);
        $released = $from->receive();
        if ($i > 0) {
            echo $acquired - $released, "\n";
        }
        $lock->repair();
        $lock->release();
        $to->send(0);
    }
}

[, $name, $path, $count] = $argv;
$toWaiter = new Line();
$toHolder = new Line();
$hold = substr($name, -7) === '-killed' ? 'hold_and_be_killed' : 'hold_and_release';
$wait = $name === 'sitelock-killed' ? 'wait_and_repair' : 'wait_again_and_again';
$holder = in_child(static fn () => $hold($name, $path, (int) $count, $toWaiter, $toHolder));
$wait(contestant($name, $path), (int) $count, $toHolder, $toWaiter);
pcntl_waitpid($holder, $status);
