<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use DomainException;
use InvalidArgumentException;
use LogicException;
use PHPUnit\Framework\TestCase;
use RangeException;
use Sitelock\BusyException;
use Sitelock\DeadlockException;
use Sitelock\FileLock;
use Sitelock\Lock;
use Sitelock\LockSet;
use Sitelock\Symfony\SymfonyLock;
use ValueError;

/** What Sitelock\Lock promises, for a SymfonyLock in any engine. */
abstract class LockTestCase extends TestCase
{
    use Scratch;

    abstract protected function lock(string $name, string $label = ''): SymfonyLock;

    /** PHP code that makes $lock, in another process. */
    abstract protected function code(string $name): string;

    public function testHeldIsHeldUntilItIsReleased(): void
    {
        $lock = $this->lock('site');
        self::assertFalse($lock->isAcquired());
        self::assertTrue($lock->acquire());
        self::assertTrue($lock->acquire(), 'again');
        self::assertTrue($lock->isAcquired());
        self::assertFalse($this->lock('site')->acquire());
        self::assertFalse($this->lock('site')->acquireShared());
        self::assertTrue($this->lock('other')->acquire());
        $lock->release();
        $lock->release();
        self::assertFalse($lock->isAcquired());
        self::assertTrue($this->lock('site')->acquire());
    }

    public function testSharedLocksShare(): void
    {
        [$a, $b, $c] = [$this->lock('site'), $this->lock('site'), $this->lock('site')];
        self::assertTrue($a->acquireShared());
        self::assertTrue($b->acquireShared());
        self::assertFalse($c->acquire());
        $a->release();
        self::assertTrue($b->isAcquired());
        self::assertFalse($c->acquire());
        $b->release();
        self::assertTrue($c->acquire());
    }

    public function testWrongUseIsRefused(): void
    {
        $lock = $this->lock('site');
        $lock->acquireShared();
        foreach (['acquire', 'synchronized'] as $method) {
            self::thrown(LogicException::class, static function () use ($lock, $method): void {
                $lock->$method($method === 'acquire' ? 0.0 : 'time');
            });
        }
        $invalid = PHP_VERSION_ID < 80000 ? InvalidArgumentException::class : ValueError::class;
        foreach ([-1.0, NAN] as $timeout) {
            self::thrown($invalid, function () use ($timeout): void {
                $this->lock('x')->acquire($timeout);
            });
        }
        self::thrown(LogicException::class, static function () use ($lock): void {
            serialize($lock);
        });
        self::assertTrue($lock->isAcquired());
    }

    public function testDroppedIsReleased(): void
    {
        $lock = $this->lock('site');
        $lock->acquire();
        unset($lock);
        self::assertTrue($this->lock('site')->acquire());
    }

    public function testWaitEndsAtItsTimeAndWhenItIsGivenUp(): void
    {
        [$holder, $calls] = [$this->holder('site'), []];
        $lock = $this->lock('site');
        $start = microtime(true);
        self::assertFalse($lock->acquire(1.3, static function (Lock $seen, float $waited) use (&$calls, $lock): void {
            self::assertSame($lock, $seen);
            self::assertCount(1, $seen->getHolders());
            $seen->release(); // does nothing
            $calls[] = $waited;
        }));
        $took = microtime(true) - $start;
        self::assertGreaterThanOrEqual(1.3, $took);
        self::assertLessThan(4, $took);
        self::assertCount(2, $calls);
        self::assertLessThan(0.9, $calls[0]);
        self::assertGreaterThanOrEqual(0.99, $calls[1] - $calls[0]);

        self::assertFalse($lock->acquire(INF, static function (): bool {
            return false;
        }));
        self::thrown(DomainException::class, static function () use ($lock): void {
            $lock->acquire(INF, static function (): void {
                throw new DomainException();
            });
        });
        self::thrown(LogicException::class, static function () use ($lock): void {
            $lock->acquire(INF, static function (Lock $seen): void {
                $seen->acquire();
            });
        });
        self::assertFalse($lock->isAcquired());
        $holder->kill();
        self::assertTrue($lock->acquire(30.0), 'it still can');
    }

    public function testWaiterGetsItWhenItIsReleasedAndWhenItsOwnerIsKilled(): void
    {
        foreach (['release', 'kill'] as $end) {
            $holder = $this->holder('site');
            $lock = $this->lock('site');
            $told = false;
            self::assertTrue($lock->acquire(30.0, static function () use ($holder, $end, &$told): void {
                if (!$told) {
                    $end === 'kill' ? $holder->kill() : $holder->tell();
                    $told = true;
                }
            }), $end);
            $lock->release();
        }
    }

    public function testSignalHandlersRunWhileItWaits(): void
    {
        $lock = $this->lock('site');
        $lock->acquire();
        $waits = new Process('
            pcntl_async_signals(true);
            pcntl_signal(SIGTERM, function () { say("handled"); });
            pcntl_signal(SIGUSR1, function () { throw new DomainException("thrown"); });
            ' . $this->code('site') . '
            foreach ([1, 2] as $time) {
                try {
                    say($lock->acquire(INF, function () { static $told = false; if (!$told) { $told = true; say("waits"); } }));
                } catch (DomainException $e) {
                    say($e->getMessage());
                    say($lock->isAcquired());
                }
            }
        ');
        self::assertSame('waits', $waits->hear());
        $start = microtime(true);
        $waits->signal(SIGTERM);
        self::assertSame('handled', $waits->hear());
        self::assertLessThan(2.0, microtime(true) - $start);
        $waits->signal(SIGUSR1);
        self::assertSame('thrown', $waits->hear());
        self::assertFalse($waits->hear());
        self::assertSame('waits', $waits->hear());
        $lock->release();
        self::assertTrue($waits->hear());
    }

    public function testWaitingForOneselfIsADeadlock(): void
    {
        $lock = $this->lock('site');
        $lock->acquireShared();
        $other = $this->lock('site');
        self::thrown(DeadlockException::class, static function () use ($other): void {
            $other->acquire(1.0);
        });
        self::thrown(DeadlockException::class, static function () use ($other): void {
            $other->synchronized('time', 0.0);
        });
    }

    public function testSynchronized(): void
    {
        $lock = $this->lock('site');
        self::assertSame([1, true], $lock->synchronized(static function () use ($lock): array {
            return [func_num_args() + 1, $lock->isAcquired()];
        }));
        self::assertFalse($lock->isAcquired());
        self::thrown(RangeException::class, static function () use ($lock): void {
            $lock->synchronized(static function (): void {
                throw new RangeException();
            });
        });
        self::assertFalse($lock->isAcquired());
        $lock->acquire();
        $lock->synchronized('time');
        self::assertTrue($lock->isAcquired(), 'what was held before stays held');
        $lock->release();

        $holder = $this->holder('site');
        $busy = self::thrown(BusyException::class, static function () use ($lock): void {
            $lock->synchronized('never', 0.1);
        });
        self::assertCount(1, $busy->getHolders());
        self::assertStringStartsWith("{$lock->getPath()} is locked by ", $busy->getMessage());
        $holder->kill();
    }

    public function testMemberOfASet(): void
    {
        [$a, $b, $file] = [$this->lock('a'), $this->lock('b'), new FileLock("$this->folder/lock")];
        $set = new LockSet([$b, $file], [$a]);
        self::assertTrue($set->acquire());
        self::assertTrue($a->isAcquired() && $b->isAcquired() && $file->isAcquired());
        self::assertTrue($this->lock('a')->acquireShared());
        self::assertFalse($this->lock('b')->acquireShared());
        self::assertCount(3, $set->getHolders());
        $set->release();
        self::assertFalse($a->isAcquired() || $b->isAcquired() || $file->isAcquired());

        $holder = $this->holder('b');
        self::assertFalse($set->acquire(0.4));
        self::assertFalse($file->isAcquired());
        $holder->tell();
        self::assertTrue($set->acquire(30.0));
        $holder->kill();
    }

    public function testForkedChildHasNothing(): void
    {
        $owner = new Process($this->code('site') . '
            $lock->acquire();
            if (pcntl_fork() === 0) {
                $lock->release();
                posix_kill(getmypid(), $lock->isAcquired() ? SIGTERM : SIGKILL);
            }
            pcntl_wait($status);
            say([pcntl_wtermsig($status), $lock->isAcquired()]);
            hear();
        ');
        self::assertSame([SIGKILL, true], $owner->hear());
        self::assertFalse($this->lock('site')->acquire());
    }

    protected function holder(string $name): Process
    {
        $holder = new Process($this->code($name) . ' say($lock->acquire()); hear(); $lock->release(); hear();');
        self::assertTrue($holder->hear());
        return $holder;
    }
}
