<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use PHPUnit\Framework\TestCase;
use Sitelock\DirectoryLock;
use Sitelock\FileLock;
use Sitelock\Symfony\SitelockStore;
use Sitelock\Symfony\StoreFactory;
use Sitelock\Symfony\SymfonyLock;
use Sitelock\SystemException;
use Sitelock\UnsupportedException;
use Symfony\Component\Lock\Exception\InvalidArgumentException;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\Store\FlockStore;
use Symfony\Component\Lock\Store\InMemoryStore;

final class DsnTest extends TestCase
{
    use Scratch;

    public function testKindsOfLocks(): void
    {
        $key = new Key('site');
        self::assertInstanceOf(FileLock::class, StoreFactory::createStore("sitelock://$this->folder/a")->getLock($key));
        self::assertInstanceOf(FileLock::class, StoreFactory::createStore("sitelock://$this->folder/a?kind=file&permissions=0660")->getLock($key));
        self::assertInstanceOf(DirectoryLock::class, StoreFactory::createStore("sitelock://$this->folder/a?kind=directory")->getLock($key));
        self::assertStringStartsWith("$this->folder/a b?/", StoreFactory::createStore("sitelock://$this->folder/a%20b%3f")->getLock($key)->getPath());
        StoreFactory::createStore("sitelock://$this->folder/c?permissions=660");
        self::assertSame(0040770, fileperms("$this->folder/c"));
    }

    public function testWhatIsNoDsnIsRefused(): void
    {
        $wrong = ['sitelock://', 'sitelock://relative', "sitelock://$this->folder?colour=red", "sitelock://$this->folder?kind=pipe",
            "sitelock://$this->folder?permissions=rw", "sitelock://$this->folder?permissions=0440", 'sitelock:///proc/no/such'];
        foreach ($wrong as $dsn) {
            self::thrown(InvalidArgumentException::class, static function () use ($dsn): void {
                StoreFactory::createStore($dsn);
            });
        }
        self::thrown(InvalidArgumentException::class, static function (): void {
            SitelockStore::fromDsn('flock:///tmp');
        });
    }

    public function testOtherDsnsAreSymfonys(): void
    {
        self::assertInstanceOf(FlockStore::class, StoreFactory::createStore("flock://$this->folder"));
        self::assertInstanceOf(InMemoryStore::class, StoreFactory::createStore('in-memory'));
        self::thrown(InvalidArgumentException::class, static function (): void {
            StoreFactory::createStore('nonsense://');
        });
    }

    public function testWhatIsSaidOfAnEngineHasNoSecrets(): void
    {
        $unknown = self::thrown(SystemException::class, [SymfonyLock::at('nonsense://user:secret@host/place?key=secret#site'), 'acquire']);
        self::assertMatchesRegularExpression('{^nonsense://host/place\?\w+#site: .}', $unknown->getMessage());
        self::assertStringNotContainsString('secret', $unknown->getMessage());
    }

    public function testADriverThatIsMissingIsNoCrash(): void
    {
        $missing = self::thrown(UnsupportedException::class, [SymfonyLock::at('zookeeper://user:secret@host#site'), 'acquire']);
        self::assertMatchesRegularExpression('{^zookeeper://host#site: .*Zookeeper}', $missing->getMessage());
    }
}
