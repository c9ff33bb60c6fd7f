<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Symfony\Tests\PostgreSqlServer;
use Sitelock\Symfony\Tests\Server;
use Sitelock\Symfony\Tests\Servers;

/** @group servers */
final class PostgreSqlTest extends EngineTestCase
{
    protected static function server(): Server
    {
        return self::postgreSql();
    }

    private static function postgreSql(): PostgreSqlServer
    {
        return Servers::postgreSql();
    }

    public function testALockThatIsLostIsTold(): void
    {
        $this->assertLossIsTold(static function (): void {
            self::postgreSql()->kill();
            self::postgreSql()->start();
        });
    }

    public function testAPasswordIsNotShown(): void
    {
        $address = str_replace('postgres@', 'postgres:secret@', $this->address);
        $this->holder('--label=nightly', $address);
        $shown = $this->sitelock('status', '--json', $address)->output;
        foreach ([['status'], ['break'], ['wait', '--wait=0'], ['run', '--wait=0.1']] as $words) {
            $result = $this->sitelock(...$words, ...[$address], ...($words[0] === 'run' ? ['--', 'true'] : []));
            $shown .= $result->output . $result->errors;
        }
        $shown .= self::postgreSql()->sql('SELECT application_name FROM pg_stat_activity');
        $this->assertStringContainsString($this->address, $shown);
        $this->assertStringContainsString('nightly', $shown);
        $this->assertStringNotContainsString('secret', $shown);
    }
}
