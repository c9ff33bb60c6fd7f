<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use PDO;
use Sitelock\LostLockException;
use Sitelock\Symfony\SymfonyLock;
use Sitelock\SystemException;
use Symfony\Component\Lock\LockFactory;
use Symfony\Component\Lock\Store\PostgreSqlStore;

final class PostgreSqlTest extends LockTestCase
{
    use NamesHolders;

    protected function setUp(): void
    {
        Servers::postgreSql()->start();
    }

    protected function lock(string $name, string $label = ''): SymfonyLock
    {
        return SymfonyLock::at(Servers::postgreSql()->address($name), $label);
    }

    protected function code(string $name): string
    {
        return sprintf('$lock = SymfonyLock::at(%s, "backup of a shop");', var_export(Servers::postgreSql()->address($name), true));
    }

    public function testSymfonysOwnLocksAreTheSame(): void
    {
        $pdo = new PDO(preg_replace('{^postgresql://postgres@(.*):(\d+)/.*}', 'pgsql:host=$1;port=$2;dbname=postgres;user=postgres', Servers::postgreSql()->address('x')));
        $pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
        $theirs = (new LockFactory(new PostgreSqlStore($pdo)))->createLock('site');
        $ours = $this->lock('site');
        self::assertTrue($theirs->acquire());
        self::assertFalse($ours->acquire());
        self::assertSame('a process that cannot be seen from here (127.0.0.1), exclusive', (string) $ours->getHolders()[0]);
        $theirs->release();
        self::assertTrue($ours->acquire());
        self::assertFalse($theirs->acquire());
    }

    public function testServerThatDiesTakesTheLockWithItAndTheOwnerIsTold(): void
    {
        foreach ([SIGKILL, SIGQUIT] as $signal) {
            $owner = new Process($this->code('site') . '
                $lock->acquire();
                say($lock->isAcquired());
                hear();
                say($lock->isAcquired());
                hear();
                try { $lock->release(); } catch (Sitelock\LostLockException $e) { say("lost"); }
                say($lock->acquire());
                say($lock->isAcquired());
                hear();
            ');
            self::assertTrue($owner->hear());
            Servers::postgreSql()->kill($signal);
            self::assertFalse($owner->ask(''), 'while the server is away');
            Servers::postgreSql()->start();
            $next = $this->lock('site');
            self::assertTrue($next->acquire(), 'the next one can have it');
            self::assertSame('lost', $owner->ask(''));
            self::assertFalse($owner->hear());
            self::assertFalse($owner->hear());
            $owner->kill();
            $next->release();
        }
    }

    public function testServerThatIsAwayIsAnErrorAndNotBusy(): void
    {
        $lock = $this->lock('site');
        $lock->acquire();
        Servers::postgreSql()->kill();
        self::assertFalse($lock->isAcquired());
        self::thrown(LostLockException::class, static function () use ($lock): void {
            $lock->acquire();
        });
        foreach (['acquire', 'getHolders'] as $method) {
            self::thrown(SystemException::class, static function () use ($lock, $method): void {
                $lock->$method();
            });
        }
        Servers::postgreSql()->start();
        self::assertTrue($lock->acquire(), 'and afterwards it works again');
        $lock->release();
    }

    public function testLockThatCannotBeKeptIsGivenBack(): void
    {
        Servers::postgreSql()->sql('CREATE ROLE guest LOGIN');
        $guest = SymfonyLock::at(str_replace('postgres@', 'guest@', Servers::postgreSql()->address('site')));
        self::assertTrue($guest->acquire(), 'it needs no right but to connect');
        $guest->release();
        self::forEachMessageFunction('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC');
        self::thrown(SystemException::class, [$guest, 'acquire']);
        self::assertFalse($guest->isAcquired());
        self::assertTrue($this->lock('site')->acquire(10.0));
        self::forEachMessageFunction('GRANT EXECUTE ON FUNCTION %s TO PUBLIC');

        $holder = $this->holder('site');
        self::assertSame("pid $holder->pid there, backup of a shop", $guest->getHolders()[0]->getLabel(), 'anybody may see who has it');
    }

    /** An administrator, or a forked child that ends: PDO closes the session of its parent. */
    public function testSessionThatIsEndedByOthersIsALostLock(): void
    {
        $lock = $this->lock('site');
        $lock->acquire();
        Servers::postgreSql()->sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
        self::assertTrue($this->lock('site')->acquire(30.0));
        self::thrown(LostLockException::class, [$lock, 'release']);

        $forks = new Process($this->code('site') . '
            $lock->acquire();
            if (pcntl_fork() === 0) {
                exit(0);
            }
            pcntl_wait($status);
            say($lock->isAcquired());
        ');
        self::assertFalse($forks->hear());
    }

    /** Also across a crash of the server, right after it was drawn. */
    public function testGenerationGrowsWithEveryOwner(): void
    {
        $last = 0;
        for ($round = 0; $round < 3; $round++) {
            foreach ([$this->lock('site'), $this->lock('site')] as $lock) {
                self::assertNull($lock->getGeneration());
                self::assertTrue($lock->acquire(30.0)); // the session before it is being closed
                self::assertGreaterThan($last, $lock->getGeneration());
                self::assertSame($lock->getGeneration(), $lock->getGeneration());
                $last = $lock->getGeneration();
                $lock->release();
            }
            Servers::postgreSql()->kill();
            Servers::postgreSql()->start();
        }
    }

    /** What an administrator sets for everybody must not end a lock or a wait. */
    public function testLimitsOfTheServerAreNotForLocks(): void
    {
        Servers::postgreSql()->sql("ALTER SYSTEM SET statement_timeout = '100ms'");
        Servers::postgreSql()->sql('SELECT pg_reload_conf()');
        self::until(static function (): bool {
            return Servers::postgreSql()->sql('SHOW statement_timeout') === '100ms';
        }, 'the setting is in force');
        $holder = $this->holder('site');
        self::assertFalse($this->lock('site')->acquire(0.6));
        $holder->kill();
        Servers::postgreSql()->sql('ALTER SYSTEM RESET ALL');
        Servers::postgreSql()->sql('SELECT pg_reload_conf()');
    }

    public function testReleasedLockLeavesNoSession(): void
    {
        $lock = $this->lock('site', 'mine');
        $sessions = static function (): string {
            return Servers::postgreSql()->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'sitelock % mine'");
        };
        $lock->acquire();
        self::assertSame('1', $sessions());
        $lock->release();
        self::until(static function () use ($sessions): bool {
            return $sessions() === '0';
        }, 'it is closed');
    }

    /** Their parameters are not the same in all versions. */
    private static function forEachMessageFunction(string $statement): void
    {
        Servers::postgreSql()->sql(<<<SQL
            DO \$\$ DECLARE f regprocedure; BEGIN
                FOR f IN SELECT oid FROM pg_proc WHERE proname = 'pg_logical_emit_message' LOOP EXECUTE format('$statement', f); END LOOP;
            END \$\$
            SQL);
    }
}
