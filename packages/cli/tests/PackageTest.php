<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

/** As a package of composer, with the newest Symfony that this PHP takes. */
final class PackageTest extends CommandTestCase
{
    private function package(string ...$arguments): Result
    {
        return $this->startWords([...explode(' ', getenv('PHP')), '-d', 'extension=' . getenv('MODULE'), getenv('PACKAGE'), ...$arguments])->wait();
    }

    public function testRuns(): void
    {
        $result = $this->package('run', '--label=x', $this->path, '--', 'echo', 'ran', '--', '-v');
        $this->assertSame([0, "ran -- -v\n", ''], [$result->status, $result->output, $result->errors]);
        $this->assertSame(3, $this->package('-v', 'run', $this->path, '--', 'sh', '-c', 'exit 3')->status);
    }

    public function testTheOtherCommands(): void
    {
        foreach ([['status', $this->path], ['wait', $this->path], ['break', "dir:$this->path.d"], ['help', 'run'], ['list'], ['completion', 'bash']] as $words) {
            $result = $this->package(...$words);
            $this->assertSame([0, ''], [$result->status, $result->errors], implode(' ', $words));
        }
        $this->assertSame('free', json_decode($this->package('status', '--json', $this->path)->output, true)['locks'][0]['state']);
    }

    public function testWrongUse(): void
    {
        $result = $this->package('run', '--what');
        $this->assertSame(ExitCode::USAGE, $result->status);
        $this->assertStringEndsWith("sitelock: The \"--what\" option does not exist.\n", $result->errors);
    }

    public function testLocksOfAnEngineNeedAnotherPackage(): void
    {
        foreach (['redis://secret@localhost#site', 'shared:postgresql://localhost/locks#site'] as $address) {
            $result = $this->package('run', $address, '--', 'true');
            $this->assertSame(ExitCode::UNAVAILABLE, $result->status);
            $this->assertMatchesRegularExpression('/^sitelock: (redis|postgresql): locks need the package sitelock.symfony-lock; composer require sitelock.symfony-lock\n$/', $result->errors);
        }
    }
}
