<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use Sitelock\LostLockException;
use Sitelock\Symfony\StoreFactory;
use Sitelock\Symfony\SymfonyLock;
use Sitelock\SystemException;
use Symfony\Component\Lock\LockFactory;

final class RedisTest extends LockTestCase
{
    use NamesHolders;

    private const TTL = 4.0; // on a busy machine it takes a second until it is kept

    protected function setUp(): void
    {
        Servers::redis()->start();
    }

    protected function lock(string $name, string $label = ''): SymfonyLock
    {
        return SymfonyLock::at(Servers::redis()->address($name), $label, self::TTL);
    }

    protected function code(string $name): string
    {
        return sprintf('$lock = SymfonyLock::at(%s, "backup of a shop", %F);', var_export(Servers::redis()->address($name), true), self::TTL);
    }

    protected function tearDown(): void
    {
        Servers::redis()->ask('FLUSHALL');
    }

    public function testSymfonysOwnLocksAreTheSame(): void
    {
        $theirs = (new LockFactory(StoreFactory::createStore(strstr(Servers::redis()->address('x'), '#', true))))->createLock('site');
        $ours = $this->lock('site');
        self::assertTrue($theirs->acquire());
        self::assertFalse($ours->acquire());
        self::assertCount(1, $ours->getHolders());
        $theirs->release();
        self::assertTrue($ours->acquire());
        self::assertFalse($theirs->acquire());
    }

    /** Its owner does nothing but wait, three times as long as the lock lasts. */
    public function testLockIsKeptWhileItIsHeld(): void
    {
        $holder = $this->holder('site');
        $end = microtime(true) + 3 * self::TTL;
        for ($least = INF; microtime(true) < $end; usleep(50000)) {
            $least = min($least, (int) Servers::redis()->ask('PTTL', 'site'));
            self::assertFalse($this->lock('site')->acquire());
        }
        self::assertGreaterThan(0, $least);
        $holder->tell();
        self::assertTrue($this->lock('site')->acquire(10.0));
    }

    public function testKilledOwnerFreesItBeforeItExpires(): void
    {
        $holder = new Process(sprintf('$lock = SymfonyLock::at(%s, "", 600.0); say($lock->acquire()); hear();', var_export(Servers::redis()->address('site'), true)));
        $holder->hear();
        $holder->kill();
        self::assertTrue($this->lock('site')->acquire(20.0));
    }

    public function testStoppedOwnerKeepsIt(): void
    {
        $holder = $this->holder('site');
        $holder->signal(SIGSTOP);
        self::assertFalse($this->lock('site')->acquire(1.5 * self::TTL));
        $holder->signal(SIGCONT);
        self::assertTrue($this->lock('other')->acquire());
        $holder->tell();
        self::assertTrue($this->lock('site')->acquire(10.0));
    }

    /** Who keeps it is no child of the owner, and leaves nothing behind. */
    public function testKeeperComesAndGoes(): void
    {
        $owner = new Process($this->code('site') . '
            $lock->acquire();
            say(pcntl_wait($status, WNOHANG));
            hear();
            $lock->release();
            say(true);
            hear();
        ');
        self::assertSame(-1, $owner->hear(), 'no child');
        self::assertCount(1, self::keepers());
        $owner->ask('');
        self::until(static function (): bool {
            return self::keepers() === [] && glob(sys_get_temp_dir() . '/sitelock-*') === [];
        }, 'it ends, and leaves nothing');
    }

    /** As composer installs a package that is developed beside a project. */
    public function testKeeperFindsAPackageThatIsALink(): void
    {
        self::withEnvironment('VENDOR', $this->linked(), function (): void {
            $this->holder('site');
        });
    }

    /** A newer PHP says of older packages what is deprecated, and php.ini may want to see it. */
    public function testWhatIsDeprecatedIsNotTheAnswerOfTheKeeper(): void
    {
        $vendor = $this->linked();
        $autoload = file_get_contents("$vendor/autoload.php");
        file_put_contents("$vendor/autoload.php", preg_replace('/^<\?php/', '<?php in_array(__FILE__, $argv) && trigger_error("old", E_USER_DEPRECATED);', $autoload));
        file_put_contents("$this->folder/loud.ini", "display_errors=1\nerror_reporting=-1\n");
        self::withEnvironment('PHP_INI_SCAN_DIR', getenv('PHP_INI_SCAN_DIR') . ":$this->folder", function () use ($vendor): void {
            self::withEnvironment('VENDOR', $vendor, function (): void {
                $this->holder('site');
            });
        });
    }

    public function testKeeperThatIsKilledIsALostLock(): void
    {
        $owner = $this->ownerWhoIsTold();
        foreach (self::keepers() as $pid) {
            posix_kill($pid, SIGKILL);
        }
        self::until(function (): bool {
            return $this->lock('site')->acquire();
        }, 'it expires', 5 * self::TTL);
        self::assertSame([false, 'lost'], [$owner->ask(''), $owner->ask('')]);
    }

    public function testRestartedServerThatKeptItOnDiskStillHasIt(): void
    {
        $owner = $this->ownerWhoIsTold();
        Servers::redis()->kill();
        Servers::redis()->start();
        self::assertFalse($this->lock('site')->acquire());
        self::assertTrue($owner->ask(''));
        self::assertSame('released', $owner->ask(''));
    }

    public function testRestartedServerThatForgotItIsALostLock(): void
    {
        $owner = $this->ownerWhoIsTold();
        Servers::redis()->kill();
        Servers::redis()->forget();
        Servers::redis()->start();
        $next = $this->lock('site');
        self::assertTrue($next->acquire());
        self::assertFalse($owner->ask(''), 'it does not take it back');
        self::assertSame('lost', $owner->ask(''));
        self::assertTrue($next->isAcquired());
    }

    public function testServerThatIsAwayIsAnErrorAndNotBusy(): void
    {
        $lock = $this->lock('site');
        $lock->acquire();
        Servers::redis()->kill();
        self::assertFalse($lock->isAcquired(), 'it cannot be known');
        self::thrown(LostLockException::class, [$lock, 'release']);
        foreach (['acquire', 'getHolders'] as $method) {
            self::thrown(SystemException::class, [$lock, $method]);
        }
        Servers::redis()->start();
        self::assertTrue($lock->acquire(20.0));
    }

    public function testGenerationIsNotMadeUp(): void
    {
        $lock = $this->lock('site');
        $lock->acquire();
        self::assertNull($lock->getGeneration());
    }

    private static function withEnvironment(string $name, string $value, callable $do): void
    {
        $before = getenv($name);
        putenv("$name=$value");
        try {
            $do();
        } finally {
            putenv("$name=$before");
        }
    }

    /** Another vendor folder, with a link to this package. */
    private function linked(): string
    {
        $vendor = getenv('VENDOR');
        mkdir("$this->folder/vendor/sitelock", 0755, true);
        exec(implode(' && ', [
            "cp -r $vendor/sitelock/symfony-lock $this->folder/package",
            "cp -r $vendor/composer $vendor/autoload.php $this->folder/vendor",
            "ln -s $vendor/symfony $vendor/psr $this->folder/vendor",
            "ln -s ../../package $this->folder/vendor/sitelock/symfony-lock",
        ]), $output, $status);
        self::assertSame(0, $status);
        return "$this->folder/vendor";
    }

    private function ownerWhoIsTold(): Process
    {
        $owner = new Process($this->code('site') . '
            $lock->acquire();
            say("has it");
            hear();
            say($lock->isAcquired());
            hear();
            try { $lock->release(); say("released"); } catch (Sitelock\LostLockException $e) { say("lost"); }
            hear();
        ');
        self::assertSame('has it', $owner->hear());
        return $owner;
    }

    /** @return int[] those of this run */
    private static function keepers(): array
    {
        $pids = [];
        foreach (glob('/proc/[0-9]*') as $process) {
            $isOurs = strpos((string) @file_get_contents("$process/environ"), "SCRATCH=" . getenv('SCRATCH') . "\0") !== false;
            if ($isOurs && strpos((string) @file_get_contents("$process/cmdline"), 'Keeper::run') !== false) {
                $pids[] = (int) basename($process);
            }
        }
        return $pids;
    }
}
