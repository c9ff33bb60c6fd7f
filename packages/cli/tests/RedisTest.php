<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;
use Sitelock\Symfony\Tests\RedisServer;
use Sitelock\Symfony\Tests\Server;
use Sitelock\Symfony\Tests\Servers;

/** @group servers */
final class RedisTest extends EngineTestCase
{
    protected static function server(): Server
    {
        return self::redis();
    }

    private static function redis(): RedisServer
    {
        return Servers::redis();
    }

    public function testALockThatIsLostIsTold(): void
    {
        $this->assertLossIsTold(static function (): void {
            self::redis()->ask('FLUSHALL');
        });
    }

    public function testALockThatTheServerKeptOnDiskIsKept(): void
    {
        $holder = $this->holder($this->address);
        self::redis()->kill();
        self::redis()->start();
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', $this->address, '--', 'true')->status);
        $result = $holder->wait();
        $this->assertSame([0, ''], [$result->status, $result->errors]);
    }

    public function testAPasswordIsTakenFromTheEnvironmentAndNeverShown(): void
    {
        self::redis()->ask('CONFIG', 'SET', 'requirepass', 's/ecret');
        try {
            $result = $this->sitelock('run', $this->address, '--', 'true');
            $this->assertSame([ExitCode::SYSTEM, "sitelock: $this->address: NOAUTH Authentication required\n"], [$result->status, $result->errors]);
            $address = str_replace('redis://', 'redis://s%2Fecret@', $this->address);
            $this->assertSame(0, $this->sitelock('run', $address, '--', 'true')->status);

            putenv('REDISCLI_AUTH=s/ecret');
            $this->holder('--label=nightly', $this->address);
            $result = $this->sitelock('status', $address);
            $this->assertSame(ExitCode::BUSY, $result->status);
            $shown = $result->output . self::redis()->ask('ZRANGE', basename($this->folder), '0', '-1');
            $this->assertStringContainsString("$this->address ", $shown);
            $this->assertStringNotContainsString('ecret', $shown);
        } finally {
            putenv('REDISCLI_AUTH=s/ecret');
            self::redis()->ask('CONFIG', 'SET', 'requirepass', '');
            putenv('REDISCLI_AUTH');
        }
    }

    public function testItIsCalledValkeyToo(): void
    {
        $this->holder($this->address);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', str_replace('redis:', 'valkey:', $this->address), '--', 'true')->status);
    }
}
