<?php

/*
 * set.php WAY PATH OTHERS SECONDS: one process wants the locks A and B together, again and again.
 *
 *     WAY     lockset   LockSet
 *             ordered   A, and B while it holds A
 *             tries     as C++'s std::lock: waits for one and tries the other, and if that is busy
 *                       gives back the first one and waits for the other
 *     OTHERS  singles   four processes, of which two want A and two want B
 *             opposite  two processes that want B, and A while they hold B
 *
 * Prints: how often it got both, its median and longest wait in ms, how often its time was over; how
 * often the others got what they wanted, their longest wait, and how often their time was over. Who
 * still waits at the end has waited until then, and no time-out is counted for him.
 */

require __DIR__ . '/contestants.php';

use Sitelock\FileLock;
use Sitelock\LockSet;

/* Only for those who could wait for each other for ever; they may try again at once. */
const TIMEOUT = 0.5;

interface Way
{
    public function acquire(float $seconds): bool;

    public function release(): void;
}

final class One implements Way
{
    private FileLock $lock;

    public function __construct(FileLock $lock)
    {
        $this->lock = $lock;
    }

    public function acquire(float $seconds): bool
    {
        return $this->lock->acquire($seconds);
    }

    public function release(): void
    {
        $this->lock->release();
    }
}

final class Together implements Way
{
    private LockSet $set;

    public function __construct(FileLock ...$locks)
    {
        $this->set = new LockSet($locks);
    }

    public function acquire(float $seconds): bool
    {
        return $this->set->acquire($seconds);
    }

    public function release(): void
    {
        $this->set->release();
    }
}

final class Ordered implements Way
{
    private array $locks;

    public function __construct(FileLock ...$locks)
    {
        $this->locks = $locks;
    }

    public function acquire(float $seconds): bool
    {
        $deadline = microtime(true) + $seconds;
        foreach ($this->locks as $lock) {
            if (!$lock->acquire(max(0.0, $deadline - microtime(true)))) {
                $this->release();
                return false;
            }
        }
        return true;
    }

    public function release(): void
    {
        foreach (array_reverse($this->locks) as $lock) {
            $lock->release();
        }
    }
}

final class Tries implements Way
{
    private array $locks;

    public function __construct(FileLock ...$locks)
    {
        $this->locks = $locks;
    }

    public function acquire(float $seconds): bool
    {
        $deadline = microtime(true) + $seconds;
        $first = 0;
        while ($this->locks[$first]->acquire(max(0.0, $deadline - microtime(true)))) {
            if ($this->locks[1 - $first]->acquire()) {
                return true;
            }
            $this->locks[$first]->release();
            $first = 1 - $first;
        }
        return false;
    }

    public function release(): void
    {
        foreach ($this->locks as $lock) {
            $lock->release();
        }
    }
}

final class Tally
{
    public int $got = 0;
    public int $timeouts = 0;
    private array $waits = [];

    /* Asks again and again until the end, and works for 2 to 6 ms with what it got. */
    public function run(Way $way, float $timeout, float $end): void
    {
        while (($start = microtime(true)) < $end) {
            $got = $way->acquire(min($timeout, $end - $start));
            $this->waits[] = microtime(true) - $start;
            if ($got) {
                $this->got++;
                usleep(random_int(2000, 6000));
                $way->release();
            } elseif (microtime(true) < $end) {
                $this->timeouts++;
            }
        }
    }

    public function longest(): int
    {
        return (int) (1e6 * max($this->waits));
    }

    public function median(): int
    {
        sort($this->waits);
        return (int) (1e6 * $this->waits[intdiv(count($this->waits), 2)]);
    }
}

function run_in_child(callable $make, float $timeout, float $end, Line $result): void
{
    in_child(static function () use ($make, $timeout, $end, $result): void {
        $tally = new Tally();
        $tally->run($make(), $timeout, $end);
        $result->send($tally->got, $tally->longest(), $tally->timeouts);
    });
}

/* What the others want, each in a process of its own. */
function others(string $others, FileLock $a, FileLock $b): array
{
    $opposite = static fn () => new Ordered($b, $a);
    $wantsA = static fn () => new One($a);
    $wantsB = static fn () => new One($b);
    return $others === 'opposite' ? [$opposite, $opposite] : [$wantsA, $wantsA, $wantsB, $wantsB];
}

function way(string $name, FileLock $a, FileLock $b): Way
{
    switch ($name) {
        case 'lockset':
            return new Together($a, $b);
        case 'ordered':
            return new Ordered($a, $b);
        default:
            return new Tries($a, $b);
    }
}

[, $name, $path, $others, $seconds] = $argv;
$a = new FileLock("$path.a");
$b = new FileLock("$path.b");
$timeout = $others === 'opposite' ? TIMEOUT : INF;
$end = microtime(true) + $seconds;
$result = new Line();
$makers = others($others, $a, $b);
foreach ($makers as $make) {
    run_in_child($make, $timeout, $end, $result);
}
$tally = new Tally();
$tally->run(way($name, $a, $b), $timeout, $end);
$got = $longest = $timeouts = 0;
foreach ($makers as $_) {
    $got += $result->receive();
    $longest = max($longest, $result->receive());
    $timeouts += $result->receive();
}
while (pcntl_wait($status) > 0) {
}
printf(
    "%d %.1f %.1f %d %d %.1f %d\n",
    $tally->got,
    $tally->median() / 1e3,
    $tally->longest() / 1e3,
    $tally->timeouts,
    $got,
    $longest / 1e3,
    $timeouts
);
