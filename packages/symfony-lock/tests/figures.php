<?php

declare(strict_types=1);

/*
 * What it costs, and how long others wait: the figures of docs/symfony.md and docs/scaling.md.
 *
 *     tools/test-symfony-lock BUILD figures
 */

namespace Sitelock\Symfony\Tests;

use Sitelock\Symfony\SitelockStore;
use Sitelock\Symfony\SymfonyLock;
use Symfony\Component\Lock\LockFactory;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Store\FlockStore;

require __DIR__ . '/bootstrap.php';

/** Microseconds, the median of many. */
function median(int $times, callable $what): float
{
    $took = [];
    for ($i = 0; $i < $times; $i++) {
        $start = hrtime(true);
        $what();
        $took[] = (hrtime(true) - $start) / 1e3;
    }
    sort($took);
    return $took[intdiv($times, 2)];
}

function store(string $name, PersistingStoreInterface $store): void
{
    $lock = (new LockFactory($store))->createLock('site');
    printf("%-34s %8.0f us to acquire and release\n", $name, median(2000, static function () use ($lock): void {
        $lock->acquire();
        $lock->release();
    }));
}

/** How long after the release somebody who waits has it, in milliseconds. */
function handOff(string $address): array
{
    $lock = SymfonyLock::at($address);
    $took = [];
    for ($i = 0; $i < 31; $i++) {
        $lock->acquire(10.0);
        $waits = new Process('
            $lock = SymfonyLock::at($argv[1]);
            $lock->acquire(INF, function () { static $told = false; if (!$told) { $told = true; say("waits"); } });
            say(hrtime(true));
        ', [$address]);
        $waits->hear();
        usleep(random_int(300000, 600000)); // so that it has settled down to wait
        $start = hrtime(true);
        $lock->release();
        $took[] = ($waits->hear() - $start) / 1e6;
    }
    sort($took);
    return [$took[15], $took[30]];
}

function engine(string $name, string $address): void
{
    $lock = SymfonyLock::at($address);
    $other = SymfonyLock::at($address);
    printf("%-34s %8.1f ms to acquire, and release\n", $name, median(25, static function () use ($lock): void {
        $lock->acquire(10.0);
        $lock->release();
    }) / 1e3);
    $lock->acquire(10.0);
    printf("%-34s %8.2f ms for a try that finds it busy\n", '', median(200, static function () use ($other): void {
        $other->acquire();
    }) / 1e3);
    printf("%-34s %8.2f ms for isAcquired()\n", '', median(200, static function () use ($lock): void {
        $lock->isAcquired();
    }) / 1e3);
    $lock->release();
    printf("%-34s %8.0f ms from release to the one who waits, at most %.0f ms\n", '', ...handOff($address));
}

/** How long a lock outlives an owner who was cut off, if nobody sets anything. */
function cutOff(Network $network, Server $server): void
{
    $code = 'SymfonyLock::at($argv[1])->synchronized(function () { say(true); hear(); }, 120.0);';
    $owner = new Process($code, [$server->address('site')], $network->on('here'));
    $owner->hear();
    $network->cut();
    $start = microtime(true);
    $next = new Process($code, [$server->address('site')], $network->on('there'));
    $next->hear();
    printf("%-34s %8.1f s from the cut until another one has it\n", '', microtime(true) - $start);
    $network->mend();
}

$folder = getenv('SCRATCH');
store('SitelockStore', new SitelockStore("$folder/a"));
store('SitelockStore, kind=directory', new SitelockStore("$folder/b", SitelockStore::DIRECTORY));
store('FlockStore', new FlockStore("$folder/c"));
foreach ([PostgreSqlServer::class, RedisServer::class] as $class) {
    $server = new $class();
    engine(substr(strrchr($class, '\\'), 1), $server->address('site'));
}
$network = new Network();
foreach ([PostgreSqlServer::class, RedisServer::class] as $class) {
    $server = new $class(Network::THERE, $network->on('there'));
    cutOff($network, $server);
}
