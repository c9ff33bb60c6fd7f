<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use PHPUnit\Framework\TestCase;

/**
 * A lock of an engine on one host, its owner on another one, and the way between them cut. Each test says
 * how long it took to be free for others, and how long until the owner knew.
 */
final class PartitionTest extends TestCase
{
    use Scratch;

    /** For a test in seconds instead of half a minute. */
    private const SHORT = 'keepalives_idle=1&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=3000';
    private const TTL = '3';

    private const CODE = '
        $lock = SymfonyLock::at($argv[1], "backup", (float) $argv[2]);
        for (;;) {
            switch (hear()) {
                case "acquire": say($lock->acquire(60.0)); break;
                case "acquired": say($lock->isAcquired()); break;
                case "generation": say($lock->getGeneration()); break;
                case "release": try { $lock->release(); say("released"); } catch (Sitelock\LostLockException $e) { say("lost"); }
            }
        }
    ';

    private static ?Network $network = null;

    public static function setUpBeforeClass(): void
    {
        self::$network = new Network();
    }

    public static function tearDownAfterClass(): void
    {
        self::$network = null;
    }

    public function testPostgreSql(): void
    {
        $server = new PostgreSqlServer(Network::THERE, self::$network->on('there'));
        $this->survivesAShortCut($server, self::SHORT);
        [$owner, $other] = $this->cutOff($server, self::SHORT);

        // What the lock protects can tell them apart, whenever the write of the first one arrives.
        $server->sql("CREATE TABLE sites (name text, state text, generation bigint); INSERT INTO sites VALUES ('shop', 'old', 0)");
        self::assertSame('restored', self::write($server, 'restored', $other->ask('generation')));
        self::assertSame('', self::write($server, 'half a backup', $owner->ask('generation')));
        self::assertSame('restored', $server->sql("SELECT state FROM sites WHERE name = 'shop'"));
        $this->isLostForGood($owner, $other);
    }

    public function testRedis(): void
    {
        $server = new RedisServer(Network::THERE, self::$network->on('there'));
        $this->survivesAShortCut($server, '');
        [$owner, $other] = $this->cutOff($server, '');
        $this->isLostForGood($owner, $other);
    }

    private function survivesAShortCut(Server $server, string $parameters): void
    {
        [$owner, $other] = $this->clients($server, $parameters);
        self::assertTrue($owner->ask('acquire'));
        self::$network->cut();
        usleep(500000); // that is how long it is
        self::$network->mend();
        self::assertTrue($owner->ask('acquired'));
        self::assertSame('released', $owner->ask('release'));
        self::assertTrue($other->ask('acquire'));
    }

    /** @return Process[] who had it, cut off, and who has it now */
    private function cutOff(Server $server, string $parameters): array
    {
        [$owner, $other] = $this->clients($server, $parameters);
        self::assertTrue($owner->ask('acquire'));
        self::assertTrue($owner->ask('acquired'));
        self::$network->cut();
        $start = microtime(true);
        self::assertTrue($other->ask('acquire'), 'the engine gives it to somebody who can be heard');
        $free = microtime(true) - $start;
        $start = microtime(true);
        self::assertFalse($owner->ask('acquired'), 'and who cannot ask does not believe that he has it');
        $known = microtime(true) - $start;
        fprintf(STDERR, "%s: free %.1f s after the cut; isAcquired() was false after %.1f s\n", (new \ReflectionClass($server))->getShortName(), $free, $known);
        self::assertLessThan(20, $free);
        self::assertLessThan(20, $known);
        return [$owner, $other];
    }

    private function isLostForGood(Process $owner, Process $other): void
    {
        self::$network->mend();
        self::assertFalse($owner->ask('acquired'));
        self::assertSame('lost', $owner->ask('release'));
        self::assertTrue($other->ask('acquired'));
        self::assertSame('released', $other->ask('release'));
        self::assertTrue($owner->ask('acquire'), 'it can have the lock again');
    }

    /** As docs/scaling.md has it. */
    private static function write(PostgreSqlServer $server, string $state, int $generation): string
    {
        return $server->sql("UPDATE sites SET state = '$state', generation = $generation WHERE name = 'shop' AND generation <= $generation RETURNING state");
    }

    /** @return Process[] one here, one where the server is */
    private function clients(Server $server, string $parameters): array
    {
        $arguments = [$server->address('site', $parameters), self::TTL];
        return [new Process(self::CODE, $arguments, self::$network->on('here')), new Process(self::CODE, $arguments, self::$network->on('there'))];
    }
}
