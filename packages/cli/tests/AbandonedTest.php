<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

final class AbandonedTest extends CommandTestCase
{
    private function abandon(int $status = 3): void
    {
        $this->assertSame($status, $this->sitelock('run', $this->path, '--', 'sh', '-c', "exit $status")->status);
    }

    public function testTheNextOneIsToldInOneLineAndRuns(): void
    {
        $this->abandon();
        $result = $this->sitelock('run', $this->path, '--', 'echo', 'ran');
        $this->assertSame([0, "ran\n"], [$result->status, $result->output]);
        $this->assertMatchesRegularExpression(
            "{^sitelock: $this->path was abandoned by pid \\d+ \\(.* run $this->path -- sh -c exit 3\"\\), exit status 3 at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d,"
            . " so what it protects may be half done; running all the same\n$}",
            $result->errors
        );
    }

    public function testASuccessEndsIt(): void
    {
        $this->abandon();
        $this->sitelock('run', $this->path, '--', 'true');
        $this->assertSame('', $this->sitelock('run', $this->path, '--', 'true')->errors);
    }

    public function testAnotherFailureDoesNot(): void
    {
        $this->abandon(3);
        $this->abandon(4);
        $errors = $this->sitelock('run', $this->path, '--', 'true')->errors;
        $this->assertMatchesRegularExpression('/exit status 3 at .* and .*exit status 4 at /', $errors);
    }

    public function testRefused(): void
    {
        $this->abandon();
        for ($i = 0; $i < 2; $i++) {
            $result = $this->sitelock('run', '--on-abandoned=refuse', $this->path, '--', 'echo', 'ran');
            $this->assertSame([ExitCode::ABANDONED, ''], [$result->status, $result->output]);
            $this->assertStringStartsWith("sitelock: not run: $this->path was abandoned by pid ", $result->errors);
            $this->assertStringEndsWith("; clean up, then: sitelock mark-consistent $this->path\n", $result->errors);
            $this->assertSame(1, substr_count($result->errors, ', exit status '), 'the refusal itself is no failure');
        }
    }

    public function testRefusedOnlyWhenAbandoned(): void
    {
        $this->assertSame(0, $this->sitelock('run', '--on-abandoned=refuse', $this->path, '--', 'true')->status);
    }

    public function testASharedOwnerIsToldAndEndsNothing(): void
    {
        $this->abandon();
        for ($i = 0; $i < 2; $i++) {
            $result = $this->sitelock('run', '--shared', $this->path, '--', 'true');
            $this->assertSame(0, $result->status);
            $this->assertStringContainsString(' was abandoned by ', $result->errors);
        }
        $this->assertSame(ExitCode::ABANDONED, $this->sitelock('run', '--shared', '--on-abandoned=refuse', $this->path, '--', 'true')->status);
    }

    public function testASharedOwnerWhoFailsAbandonsNothing(): void
    {
        $this->assertSame(3, $this->sitelock('run', '--shared', $this->path, '--', 'sh', '-c', 'exit 3')->status);
        $this->assertSame('', $this->sitelock('run', $this->path, '--', 'true')->errors);
    }

    public function testEachOfSeveralLocksIsAbandoned(): void
    {
        $this->sitelock('run', $this->path, "$this->folder/other", '--', 'false');
        $this->assertSame(2, substr_count($this->sitelock('run', $this->path, "$this->folder/other", '--', 'true')->errors, ', exit status 1 at '));
    }

    public function testACommandThatCannotBeStartedAbandonsNothing(): void
    {
        $this->assertSame(0, $this->sitelock('run', $this->path, '--', 'true')->status);
        $this->assertSame(ExitCode::NOT_FOUND, $this->sitelock('run', $this->path, '--', 'no-such-command')->status);
        $this->assertSame('', $this->sitelock('run', $this->path, '--', 'true')->errors);
    }

    public function testTheKilledWrapper(): void
    {
        $holder = $this->holder();
        $holder->kill(SIGKILL);
        $holder->wait();
        self::until(function (): bool {
            return self::isFree($this->path);
        }, 'the command has ended too');
        $this->assertStringContainsString(', killed or crashed before ', $this->sitelock('run', $this->path, '--', 'true')->errors);
    }

    public function testMarkConsistent(): void
    {
        $this->abandon();
        $result = $this->sitelock('mark-consistent', $this->path);
        $this->assertSame([0, ''], [$result->status, $result->errors]);
        $this->assertMatchesRegularExpression('/^forgotten: pid \d+ \(.*\), exit status 3 at .*\n$/', $result->output);
        $this->assertSame('', $this->sitelock('run', '--on-abandoned=refuse', $this->path, '--', 'true')->errors);
        $this->assertSame("nobody has abandoned $this->path\n", $this->sitelock('mark-consistent', $this->path)->output);
    }

    public function testMarkConsistentWhileSomebodyWorks(): void
    {
        $this->abandon();
        $this->holder();
        $result = $this->sitelock('mark-consistent', $this->path);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertStringContainsString(' is locked by pid ', $result->errors);
    }

    public function testMarkConsistentMakesNoFile(): void
    {
        $result = $this->sitelock('mark-consistent', "$this->folder/typo");
        $this->assertSame([ExitCode::SYSTEM, "sitelock: there is no lock file $this->folder/typo\n"], [$result->status, $result->errors]);
        $this->assertFileDoesNotExist("$this->folder/typo");
        $this->assertSame(ExitCode::USAGE, $this->sitelock('mark-consistent', "dir:$this->path")->status);
    }
}
