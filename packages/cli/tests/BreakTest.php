<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

final class BreakTest extends CommandTestCase
{
    private string $directory;
    private string $address;

    protected function setUp(): void
    {
        parent::setUp();
        $this->directory = "$this->folder/lock";
        $this->address = "dir:$this->directory";
    }

    /** @return Running who is dead, and whose lock is still there */
    private function killedOwner(): Running
    {
        $dead = $this->start('run', '--close', $this->address, '--', ...self::OBEY);
        $dead->line();
        $dead->kill(SIGKILL);
        $dead->wait();
        $this->assertCount(1, glob("$this->directory/s1.*"));
        return $dead;
    }

    public function testADeadOwnerIsCleared(): void
    {
        $dead = $this->killedOwner();
        $result = $this->sitelock('break', $this->address);
        $this->assertSame([0, ''], [$result->status, $result->errors]);
        $this->assertMatchesRegularExpression("{^cleared: pid $dead->pid \\(.*\\): dead, for nobody keeps his record locked\n$this->address is free\n$}", $result->output);
        $this->assertDirectoryDoesNotExist($this->directory);
    }

    public function testALiveOwnerIsKept(): void
    {
        $holder = $this->holder($this->address);
        $result = $this->sitelock('break', $this->address);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertMatchesRegularExpression("{^kept: pid $holder->pid \\(.*\\) for .*: lives, for his record is locked\n$this->address is locked by pid $holder->pid }", $result->output);
        $this->assertSame(0, $holder->wait()->status);
    }

    public function testOneOfWhomNothingIsKnownIsKept(): void
    {
        $record = ForeignOwner::in($this->directory);
        $result = $this->sitelock('break', $this->address);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertStringContainsString(': cannot be judged from here, and so counts as alive', $result->output);
        $this->assertFileExists($record);
    }

    public function testForceBreaksWhomItHasShown(): void
    {
        ForeignOwner::in($this->directory);
        $result = $this->sitelock('break', '--force', $this->address);
        $this->assertSame([0, ''], [$result->status, $result->errors]);
        $this->assertMatchesRegularExpression("{^kept: .*\nbroken: .*\n$this->address is free\n$}", $result->output);
        $this->assertSame(0, $this->sitelock('run', $this->address, '--', 'true')->status);
    }

    public function testWhatIsNoRecordIsLeftToAPerson(): void
    {
        $record = ForeignOwner::in($this->directory);
        touch("$this->directory/notes");
        $result = $this->sitelock('break', '--force', $this->address);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertMatchesRegularExpression("{^kept: .*notes.*: there is no record .* look for it in $this->directory, and remove it by hand$}m", $result->output);
        $this->assertFileExists("$this->directory/notes");
        $this->assertFileDoesNotExist($record);
    }

    public function testALiveOwnerWhoIsBrokenIsTold(): void
    {
        $holder = $this->holder($this->address);
        $this->assertSame(0, $this->sitelock('break', '--force', $this->address)->status);
        $result = $holder->wait();
        $this->assertSame(ExitCode::LOST, $result->status);
        $this->assertStringContainsString('the command succeeded, but ', $result->errors);
    }

    public function testOnATerminalItAsks(): void
    {
        $record = ForeignOwner::in($this->directory);
        $terminal = new Terminal($this->folder, ['sh']);
        try {
            $break = implode(' ', array_map('escapeshellarg', self::words('break', '--force', $this->address))) . '; echo status $?';
            $terminal->type("clear; $break");
            $terminal->waitFor('/Take .* away from this\s+owner\? \[y.N\]/');
            $terminal->type('');
            $terminal->waitFor('/^status 75/m');
            $this->assertFileExists($record, 'no answer is no');

            $terminal->type("clear; echo again; $break");
            $terminal->waitFor('/^again$.*Take .* away from this\s+owner\? \[y.N\]/ms');
            $newcomer = ForeignOwner::in($this->directory);
            $terminal->type('y');
            $screen = $terminal->waitFor('/^status 75/m');
            $this->assertFileDoesNotExist($record);
            $this->assertFileExists($newcomer, 'who was not shown is kept');
            $this->assertStringContainsString('is locked by', $screen);
        } finally {
            $terminal->close();
        }
    }

    public function testAFreeLock(): void
    {
        $result = $this->sitelock('break', $this->address);
        $this->assertSame([0, "$this->address is free\n"], [$result->status, $result->output]);
    }

    public function testAFileCannotBeBroken(): void
    {
        $this->assertSame("$this->path is free\n", $this->sitelock('break', $this->path)->output);
        $holder = $this->holder();
        foreach ([[], ['--force']] as $force) {
            $result = $this->sitelock('break', ...$force, ...[$this->path]);
            $this->assertSame(ExitCode::BUSY, $result->status);
            $this->assertStringContainsString("locked by pid $holder->pid ", $result->errors);
            $this->assertStringEndsWith("; there is nothing to break: it is free when that process ends\n", $result->errors);
        }
        $this->assertSame(0, $holder->wait()->status);
    }
}
