<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use Closure;
use DomainException;
use Sitelock\LostLockException;
use Sitelock\Symfony\SitelockStore;
use Sitelock\Symfony\StoreFactory;
use Sitelock\Symfony\SymfonyLock;
use Sitelock\UnsupportedException;
use Symfony\Component\Lock\Exception\LockConflictedException;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\PersistingStoreInterface;

/** A store of which nothing is known but what symfony/lock promises. */
final class AnyStoreTest extends LockTestCase
{
    private ?SitelockStore $store = null;

    protected function lock(string $name, string $label = ''): SymfonyLock
    {
        $this->store = $this->store ?? new SitelockStore("$this->folder/locks");
        return SymfonyLock::in($this->store, $name, $label);
    }

    protected function code(string $name): string
    {
        return sprintf('$lock = SymfonyLock::at(%s);', var_export("sitelock://$this->folder/locks#$name", true));
    }

    public function testWhoHasItIsNotMadeUp(): void
    {
        $lock = $this->lock('site', 'backup');
        self::thrown(UnsupportedException::class, static function () use ($lock): void {
            $lock->getHolders();
        });
        $holder = $this->holder('site');
        self::assertFalse($lock->acquire());
        self::assertSame('a process that cannot be seen from here, exclusive', (string) $lock->getHolders()[0]);
        $holder->kill();
        self::assertTrue($lock->acquire());
        self::assertTrue($lock->getHolders()[0]->isSelf());
        self::assertNull($lock->getGeneration());
    }

    public function testStoreWithoutSharedLocksSaysSo(): void
    {
        $store = self::storeOfOne();
        $lock = SymfonyLock::in($store, 'site');
        self::thrown(UnsupportedException::class, static function () use ($lock): void {
            $lock->acquireShared();
        });
        self::assertTrue($lock->acquire());
        $lock->release();
        self::assertTrue($lock->acquire());
    }

    /** Whatever Symfony makes of a DSN, if its locks expire. */
    public function testLockOfADsnIsKeptWhileItIsHeld(): void
    {
        $address = "sqlite:$this->folder/locks.db#site";
        $lock = SymfonyLock::at($address, '', 2.0);
        self::assertTrue($lock->acquire());
        self::assertFalse(SymfonyLock::at($address)->acquire());
        usleep(5000000); // more than twice as long as it lasts
        self::assertFalse(SymfonyLock::at($address)->acquire());
        $lock->release();
        self::assertTrue(SymfonyLock::at($address)->acquire());
    }

    public function testLockOfAStoreThatIsThereLastsUntilItIsAskedNoMore(): void
    {
        $store = StoreFactory::createStore("sqlite:$this->folder/locks.db");
        $lock = SymfonyLock::in($store, 'site', '', 2.0);
        self::assertTrue($lock->acquire());
        for ($end = microtime(true) + 3.0; microtime(true) < $end; usleep(200000)) {
            self::assertTrue($lock->isAcquired());
        }
        usleep(3500000);
        self::assertTrue(SymfonyLock::in($store, 'site')->acquire(), 'it has expired');
        self::thrown(LostLockException::class, [$lock, 'release']);
    }

    public function testHandlerThatThrowsAsTheLockIsGrantedLeavesItFree(): void
    {
        $store = self::storeOfOne();
        $lock = SymfonyLock::in($store, 'site');
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, static function (): void {
            throw new DomainException();
        });
        $store->onSave = static function (): void {
            posix_kill(getmypid(), SIGUSR1);
        };
        self::thrown(DomainException::class, [$lock, 'acquire']);
        pcntl_async_signals(false);
        pcntl_signal(SIGUSR1, SIG_DFL);
        $store->onSave = null;
        self::assertFalse($lock->isAcquired());
        self::assertTrue(SymfonyLock::in($store, 'site')->acquire());
    }

    public function testAddressesThatAreNone(): void
    {
        foreach (['redis://h', 'redis://h#', '#x', '/path#x', 'postgresql://[#x', 'postgresql://h:port/db#x'] as $address) {
            self::thrown(\InvalidArgumentException::class, static function () use ($address): void {
                SymfonyLock::at($address);
            });
        }
    }

    public function testPathNamesThePlaceAndNoSecret(): void
    {
        $paths = [
            'postgresql://me:secret@db.example.com/app?sslmode=require#site%231' => 'postgresql://me@db.example.com:5432/app#site#1',
            'postgres:///app#site' => 'postgresql://:5432/app#site',
            'redis://secret@10.0.0.7:6380/2#site' => 'redis://10.0.0.7:6380/2#site',
            'zookeeper://z1,z2#site' => 'zookeeper://z1,z2#site',
        ];
        foreach ($paths as $address => $path) {
            self::assertSame($path, SymfonyLock::at($address)->getPath());
        }
        $withParameters = [SymfonyLock::at('redis:?host[a]&auth=secret#site')->getPath(), SymfonyLock::at('redis:?host[b]&auth=secret#site')->getPath()];
        self::assertNotSame(...$withParameters);
        self::assertStringNotContainsString('secret', implode($withParameters));
    }

    /** The least that symfony/lock asks of a store, for one lock. */
    private static function storeOfOne(): PersistingStoreInterface
    {
        return new class() implements PersistingStoreInterface {
            public ?Closure $onSave = null;
            private ?Key $holder = null;

            public function save(Key $key): void
            {
                if ($this->holder !== null && $this->holder !== $key) {
                    throw new LockConflictedException();
                }
                $this->holder = $key;
                if ($this->onSave !== null) {
                    ($this->onSave)();
                }
            }

            public function delete(Key $key): void
            {
                $this->holder = $this->exists($key) ? null : $this->holder;
            }

            public function exists(Key $key): bool
            {
                return $this->holder === $key;
            }

            public function putOffExpiration(Key $key, float $ttl): void
            {
            }
        };
    }
}
