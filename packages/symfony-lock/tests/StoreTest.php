<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use PHPUnit\Framework\TestCase;
use Sitelock\DeadlockException;
use Sitelock\Symfony\SitelockStore;
use Sitelock\UnsafePathException;
use Symfony\Component\Lock\Exception\LockAcquiringException;
use Symfony\Component\Lock\Exception\LockConflictedException;
use Symfony\Component\Lock\Exception\LockReleasingException;
use Symfony\Component\Lock\Exception\LockStorageException;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\LockFactory;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Store\CombinedStore;
use Symfony\Component\Lock\Store\FlockStore;
use Symfony\Component\Lock\Strategy\UnanimousStrategy;

/** What Symfony's tests do not ask. The control of each is Symfony's own store for files, which fails there. */
final class StoreTest extends TestCase
{
    use Scratch;

    private const STORES = ['file' => 'new SitelockStore($argv[1])', 'control' => 'new FlockStore($argv[1])'];

    /** Says whether it shares the lock. */
    private const READER = '
        $lock = (new LockFactory(%s))->createLock("site");
        say($lock->acquireRead());
        hear();
        say($lock->isAcquired());
        hear();
    ';

    public function testFailedPromotionKeepsTheSharedLock(): void
    {
        foreach ([SitelockStore::FILE, SitelockStore::DIRECTORY] as $kind) {
            $store = new SitelockStore("$this->folder/$kind", $kind);
            [$ours, $other, $writer] = [new Key('site'), new Key('site'), new Key('site')];
            $store->saveRead($ours);
            $store->saveRead($other);
            self::thrown(LockConflictedException::class, static function () use ($store, $ours): void {
                $store->save($ours);
            });
            self::assertTrue($store->exists($ours), 'kept');
            $store->delete($other);
            self::assertFalse(self::canSave($store, $writer), 'and nobody else can write');
            $store->save($ours);
            self::assertTrue($store->exists($ours), 'promoted, once it is alone');
        }
    }

    public function testFailedPromotionBesideAnotherProcessKeepsTheSharedLock(): void
    {
        foreach (self::STORES as $name => $maker) {
            [$ours, $others] = $this->twoReaders($maker);
            self::assertFalse($ours->ask('$lock->acquire()'));
            $others->kill();
            $believes = $ours->ask('$lock->isAcquired()');
            $free = $this->anotherCanWrite($maker);
            if ($name === 'control') {
                self::assertTrue($free, 'FlockStore has lost it');
            } else {
                self::assertTrue($believes);
                self::assertFalse($free, 'it is kept');
            }
        }
    }

    /** The kernel cannot change the mode without giving up first, and a writer who waits may come in. */
    public function testChangeOfModeThatLostSaysSo(): void
    {
        foreach ([['saveRead', 'save'], ['save', 'saveRead']] as [$first, $then]) {
            for ($round = 0; $round < 6; $round++) {
                $this->changeModeBesideAWriter($first, $then, new Key("$first $round"));
            }
        }
    }

    public function testWaitingPromotionGivesUpTheSharedLockAndGetsTheOther(): void
    {
        $store = new SitelockStore($this->folder);
        $key = new Key('site');
        $reader = $this->reader(self::STORES['file']);
        $store->saveRead($key);
        $reader->tell('');
        self::assertTrue($reader->hear());
        $reader->tell('');
        $store->waitAndSave($key);
        self::assertTrue($store->exists($key));
        self::assertFalse(self::canSave($store, new Key('site')));
    }

    public function testForkedChildDoesNotFreeTheLock(): void
    {
        $forks = '
            $lock = (new LockFactory(%s))->createLock("site");
            $lock->acquire();
            if (pcntl_fork() === 0) {
                exit($lock->isAcquired() ? 1 : 0); // destructors run
            }
            pcntl_wait($status);
            say(pcntl_wexitstatus($status));
            hear();
        ';
        foreach (self::STORES as $name => $maker) {
            $owner = new Process(sprintf($forks, $maker), [$this->folder]);
            $childHadIt = $owner->hear();
            self::assertSame($name === 'control' ? 1 : 0, $childHadIt);
            self::assertSame($name === 'control', $this->anotherCanWrite($maker), $name);
        }
    }

    public function testForkedChildDoesNotKeepTheLock(): void
    {
        $forks = '
            $key = new Key("site");
            $store = %s;
            $store->save($key);
            $child = pcntl_fork();
            if ($child === 0) {
                sleep(60);
            }
            say($child);
            hear();
        ';
        foreach (self::STORES as $name => $maker) {
            $owner = new Process(sprintf($forks, $maker), [$this->folder]);
            $child = $owner->hear();
            $owner->kill();
            self::assertSame($name !== 'control', $this->anotherCanWrite($maker), $name);
            posix_kill($child, SIGKILL);
        }
    }

    public function testStartedProgramDoesNotKeepTheLock(): void
    {
        $starts = '
            $key = new Key("site");
            $store = %s;
            $store->save($key);
            $process = proc_open(["sleep", "60"], [["file", "/dev/null", "r"], STDERR, STDERR], $pipes);
            say(proc_get_status($process)["pid"]);
            hear();
        ';
        foreach (self::STORES as $name => $maker) {
            $owner = new Process(sprintf($starts, $maker), [$this->folder]);
            $program = $owner->hear();
            $owner->kill();
            self::assertSame($name !== 'control', $this->anotherCanWrite($maker), $name);
            posix_kill($program, SIGKILL);
        }
    }

    public function testSymbolicLinkIsRefused(): void
    {
        $victim = "$this->folder/victim";
        file_put_contents($victim, 'precious');
        chmod($victim, 0600);
        $key = new Key('site');
        foreach ([new SitelockStore("$this->folder/ours"), new FlockStore("$this->folder/ours")] as $store) {
            $store->save($key);
            [$path] = array_values(array_diff(glob("$this->folder/ours/*"), [$victim]));
            $store->delete($key);
            unlink($path);
            symlink($victim, $path);
            if ($store instanceof FlockStore) {
                $store->save($key);
                self::assertTrue($store->exists($key), 'FlockStore follows it');
                continue;
            }
            $e = self::thrown(LockStorageException::class, static function () use ($store, $key): void {
                $store->save($key);
            });
            self::assertInstanceOf(UnsafePathException::class, $e->getPrevious());
            self::assertSame(['precious', 0100600], [file_get_contents($victim), fileperms($victim)]);
            unlink($path);
        }
    }

    public function testKilledOwnerFreesTheLockAndTheNextOneIsTold(): void
    {
        $owner = new Process('
            $key = new Key("site");
            $store = new SitelockStore($argv[1]);
            $store->save($key);
            say(true);
            hear();
        ', [$this->folder]);
        $owner->hear();
        $store = new SitelockStore($this->folder);
        $key = new Key('site');
        self::assertSame([$owner->pid, 'site'], [$store->getLock($key)->getHolders()[0]->getPid(), $store->getLock($key)->getHolders()[0]->getLabel()]);
        $owner->kill();
        $store->save($key);
        self::assertSame($owner->pid, $store->getLock($key)->getAbandonedBy()[0]->getPid());
    }

    public function testSignalHandlersRunWhileItWaits(): void
    {
        $store = new SitelockStore($this->folder);
        $key = new Key('site');
        $store->save($key);
        $waits = new Process('
            pcntl_async_signals(true);
            pcntl_signal(SIGTERM, function () { say("handled"); });
            say("waits");
            (new LockFactory(new SitelockStore($argv[1])))->createLock("site")->acquire(true);
            say("has it");
        ', [$this->folder]);
        $waits->hear();
        self::until(static function () use ($store, $key): bool {
            return $store->getLock($key)->getWaitersAhead() === 1;
        }, 'it waits');
        $waits->signal(SIGTERM);
        self::assertSame('handled', $waits->hear());
        $store->delete($key);
        self::assertSame('has it', $waits->hear());
    }

    public function testWaitingForOneselfIsToldInsteadOfWaitingForEver(): void
    {
        $factory = new LockFactory(new SitelockStore($this->folder));
        $lock = $factory->createLock('site');
        $lock->acquire();
        $e = self::thrown(LockAcquiringException::class, static function () use ($factory): void {
            $factory->createLock('site')->acquire(true);
        });
        self::assertInstanceOf(DeadlockException::class, $e->getPrevious()->getPrevious());
    }

    public function testLostLockIsNotAcquiredAndReleaseSaysSo(): void
    {
        $lock = (new LockFactory(new SitelockStore($this->folder)))->createLock('site', 300.0);
        $lock->acquire();
        self::assertTrue($lock->isAcquired());
        array_map('unlink', glob("$this->folder/*"));
        self::thrown(LockConflictedException::class, static function () use ($lock): void {
            $lock->refresh();
        });
        self::thrown(LockReleasingException::class, static function () use ($lock): void {
            $lock->release();
        });
        self::assertFalse($lock->isAcquired());
        self::assertTrue($lock->acquire(), 'and it can be had anew');
    }

    public function testLockGoesWithItsKey(): void
    {
        $store = new SitelockStore($this->folder);
        $key = new Key('site');
        $store->save($key);
        self::assertFalse(self::canSave($store, new Key('site')));
        unset($key);
        self::assertTrue(self::canSave($store, new Key('site')));
    }

    public function testOneKeyInTwoStoresIsTwoLocks(): void
    {
        $stores = [new SitelockStore("$this->folder/a"), new SitelockStore("$this->folder/b"), new SitelockStore("$this->folder/a", SitelockStore::DIRECTORY)];
        $key = new Key('site');
        $stores[0]->save($key);
        self::assertFalse($stores[1]->exists($key));
        self::assertFalse($stores[2]->exists($key));
        $stores[0]->delete($key);

        $combined = (new LockFactory(new CombinedStore([$stores[0], $stores[1]], new UnanimousStrategy())))->createLock('site');
        self::assertTrue($combined->acquire());
        self::assertFalse(self::canSave($stores[1], new Key('site')));
        $combined->release();
        self::assertTrue(self::canSave($stores[1], new Key('site')));
    }

    public function testNamesOfLocksAreReadableAndDiffer(): void
    {
        $store = new SitelockStore($this->folder);
        $keys = [new Key("../../etc/passwd\0\n"), new Key('etc passwd'), new Key(str_repeat('x', 5000)), new Key(str_repeat('x', 5001)), new Key('')];
        foreach ($keys as $key) {
            $store->save($key);
        }
        $names = array_map('basename', glob("$this->folder/{,.}*.lock", GLOB_BRACE));
        self::assertCount(count($keys), $names);
        self::assertCount(2, preg_grep('/^etc-passwd\.[0-9a-f]{32}\.lock$/', $names));
    }

    public function testPermissionsLetOthersLock(): void
    {
        $mask = umask(0077);
        $store = new SitelockStore("$this->folder/shared", SitelockStore::FILE, 0660);
        $store->save(new Key('site'));
        umask($mask);
        self::assertSame(0040770, fileperms("$this->folder/shared"));
        self::assertSame(0100660, fileperms(glob("$this->folder/shared/*")[0]));
        new SitelockStore("$this->folder/own");
        self::assertSame(0040700, fileperms("$this->folder/own"));
    }

    private function changeModeBesideAWriter(string $first, string $then, Key $key): void
    {
        $store = new SitelockStore($this->folder);
        $store->$first($key);
        $writer = new Process('
            $key = new Key($argv[2]);
            $store = new SitelockStore($argv[1]);
            say("waits");
            $store->waitAndSave($key);
            say($store->exists($key));
            hear();
        ', [$this->folder, (string) $key]);
        $writer->hear();
        self::until(static function () use ($store, $key): bool {
            return $store->getLock($key)->getWaitersAhead() === 1;
        }, 'somebody waits');
        try {
            $store->$then($key);
            $changed = true;
        } catch (LockConflictedException $e) {
            $changed = false;
        }
        self::assertSame($changed, $store->exists($key));
        $store->delete($key);
        self::assertTrue($writer->hear(), 'the writer has it now');
    }

    /** @return Process[] two that share the lock, the first of which does what it is told */
    private function twoReaders(string $maker): array
    {
        $ours = new Process(sprintf('$lock = (new LockFactory(%s))->createLock("site"); say($lock->acquireRead()); for (;;) { say(eval("return " . hear() . ";")); }', $maker), [$this->folder]);
        self::assertTrue($ours->hear());
        return [$ours, $this->reader($maker)];
    }

    private function reader(string $maker): Process
    {
        $reader = new Process(sprintf(self::READER, $maker), [$this->folder]);
        self::assertTrue($reader->hear());
        return $reader;
    }

    private function anotherCanWrite(string $maker): bool
    {
        $writer = new Process(sprintf('$key = new Key("site"); try { (%s)->save($key); say(true); } catch (Exception $e) { say(false); }', $maker), [$this->folder]);
        return $writer->hear();
    }

    private static function canSave(PersistingStoreInterface $store, Key $key): bool
    {
        try {
            $store->save($key);
        } catch (LockConflictedException $e) {
            return false;
        }
        return true;
    }
}
