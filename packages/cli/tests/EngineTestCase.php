<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;
use Sitelock\Symfony\Tests\Server;

/** Under locks of a real server, which the test starts, kills and starts again. */
abstract class EngineTestCase extends CommandTestCase
{
    /** How docs/command-line.md installs it, and as the second process finds the extension that keeps a lock of Redis. */
    private const INSTALLED = '/installed/sitelock';

    protected string $address;

    public static function setUpBeforeClass(): void
    {
        $program = getenv('SCRATCH') . self::INSTALLED;
        @mkdir(dirname($program));
        copy(getenv('PHAR'), $program);
        file_put_contents("$program.ini", 'extension=' . getenv('MODULE'));
        putenv('PHP_INI_SCAN_DIR=:' . dirname($program));
    }

    public static function tearDownAfterClass(): void
    {
        putenv('PHP_INI_SCAN_DIR');
    }

    abstract protected static function server(): Server;

    protected static function words(string ...$arguments): array
    {
        return [...explode(' ', getenv('PHP')), getenv('SCRATCH') . self::INSTALLED, ...$arguments];
    }

    protected function setUp(): void
    {
        parent::setUp();
        putenv("TMPDIR=$this->folder");
        static::server()->start();
        $this->address = static::server()->address(basename($this->folder));
    }

    protected function tearDown(): void
    {
        putenv('TMPDIR');
        parent::tearDown();
    }

    public function testRunsAndSaysNothing(): void
    {
        $result = $this->sitelock('run', '--wait=3', $this->address, '--', 'echo', 'ran');
        $this->assertSame([0, "ran\n", ''], [$result->status, $result->output, $result->errors]);
        $result = $this->sitelock('run', '--shared', $this->address, '--', 'sh', '-c', 'exit 3');
        $this->assertSame([3, ''], [$result->status, $result->errors]);
        $this->assertFree();
    }

    public function testOfTwoAtOnceOneIsRefused(): void
    {
        $holder = $this->holder('--label=nightly', $this->address);
        foreach ([[], ['--shared']] as $mode) {
            $result = $this->sitelock('run', ...$mode, ...[$this->address, '--', 'touch', "$this->folder/ran"]);
            $this->assertSame(ExitCode::BUSY, $result->status);
            $this->assertMatchesRegularExpression($this->sentence($holder, 'wait for it with --wait=SECONDS, or see to it that it ends; look for it on HOST'), $result->errors);
        }
        $this->assertFileDoesNotExist("$this->folder/ran");
        $this->assertSame(0, $holder->wait()->status);
        $this->assertFree();
    }

    public function testSharedOwnersAreBesideEachOther(): void
    {
        $this->holder("shared:$this->address");
        $this->assertSame(0, $this->sitelock('run', '--shared', $this->address, '--', 'true')->status);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', $this->address, '--', 'true')->status);
    }

    public function testNeverTwoAtOnce(): void
    {
        $work = ['--', 'sh', '-c', 'mkdir inside && rmdir inside'];
        $workers = [];
        for ($i = 0; $i < 3; $i++) {
            $workers[] = $this->startIn('for i in 1 2 3; do "$@" || exit; done', 'run', '--wait=forever', $this->address, ...$work);
        }
        foreach ($workers as $worker) {
            $result = $worker->wait();
            $this->assertSame(0, $result->status, $result->errors);
        }
    }

    public function testWaiterHasItsTurn(): void
    {
        $holder = $this->holder($this->address);
        $waiter = $this->start('run', '--wait=forever', $this->address, '--', 'echo', 'had it');
        $this->assertStringStartsWith("sitelock: waiting for $this->address (as long as it takes), locked by a process that cannot be seen from here (", $waiter->line(2));
        $this->assertSame(0, $holder->wait()->status);
        $result = $waiter->wait();
        $this->assertSame([0, "had it\n"], [$result->status, $result->output]);
    }

    public function testWaiterThatIsKilledHasNothing(): void
    {
        $holder = $this->holder($this->address);
        $waiter = $this->start('run', '--wait=forever', $this->address, '--', 'true');
        $waiter->line(2);
        $waiter->kill(SIGTERM);
        $this->assertSame(SIGTERM, $waiter->wait()->signal);
        $this->assertSame(0, $holder->wait()->status);
        $this->assertFree();
    }

    public function testOnATerminalALineShowsWhoHasIt(): void
    {
        $this->holder('--label=nightly', $this->address);
        $terminal = new Terminal($this->folder, self::words('run', '--wait=60', $this->address, '--', 'true'));
        try {
            $terminal->waitFor('{^waiting 0:0[1-9] of 1:00, until [0-9:]+, for ' . preg_quote($this->address) . '}m');
        } finally {
            $terminal->close();
        }
    }

    public function testTheCommandDiesWithAWrapperThatIsKilled(): void
    {
        $running = $this->start('run', $this->address, '--', 'sh', '-c', 'echo $$; exec sleep 60');
        $command = (int) $running->line();
        $this->assertTrue(self::isAlive($command));
        $running->kill(SIGKILL);
        $running->wait();
        self::until(static function () use ($command): bool {
            return !self::isAlive($command);
        }, 'the command is dead');
        $this->assertFree();
    }

    public function testACommandThatIsKilledLeavesNoLock(): void
    {
        $result = $this->sitelock('run', $this->address, '--', 'sh', '-c', 'kill -9 $$');
        $this->assertSame([SIGKILL, ''], [$result->signal, $result->errors]);
        $this->assertFree();
    }

    public function testTheCommandHasNoConnectionToTheServer(): void
    {
        $this->assertStringNotContainsString('socket:', $this->sitelock('run', $this->address, '--', 'ls', '-l', '/proc/self/fd')->output);
    }

    public function testLocksOfSeveralKindsAreTakenAllOrNone(): void
    {
        $together = ['run', $this->path, "shared:$this->address", "dir:$this->folder/directory", '--', ...self::OBEY];
        $both = $this->start(...$together);
        $this->assertSame('up', $both->line());
        foreach ([$this->path, $this->address, "dir:$this->folder/directory"] as $address) {
            $this->assertSame(ExitCode::BUSY, $this->sitelock('run', $address, '--', 'true')->status);
        }
        $this->assertSame(0, $both->wait()->status);

        $this->holder($this->address);
        $result = $this->sitelock(...$together);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertSame(1, substr_count($result->errors, "\n"), 'only the busy one is named');
        $this->assertTrue(self::isFree($this->path));
    }

    public function testTwoWaysToWriteOneLock(): void
    {
        $result = $this->sitelock('run', $this->address, "shared:$this->address", '--', 'true');
        $this->assertSame(ExitCode::USAGE, $result->status);
        $this->assertStringEndsWith("sitelock: $this->address and $this->address are one lock\n", $result->errors);
    }

    public function testStatusAndWait(): void
    {
        $result = $this->sitelock('status', $this->address);
        $this->assertSame([0, ''], [$result->status, $result->errors]);
        $this->assertSame(0, $this->sitelock('wait', $this->address)->status);
        $holder = $this->holder('--label=nightly', $this->address);
        $lock = $this->status($this->address)['locks'][0];
        $this->assertSame([$this->address, $this->address, 'held', null, []], [$lock['address'], $lock['path'], $lock['state'], $lock['waiting'], $lock['abandoned_by']]);
        $this->assertSame([null, gethostname(), "pid $holder->pid there, nightly", null], [
            $lock['holders'][0]['pid'], $lock['holders'][0]['host'], $lock['holders'][0]['label'], $lock['holders'][0]['alive'],
        ]);
        $result = $this->sitelock('status', $this->address, $this->path);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertMatchesRegularExpression('{^' . preg_quote($this->address) . " +held +a process that cannot be seen from here \\(.*, pid $holder->pid there, nightly\\)}m", $result->output);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('wait', '--wait=0.1', $this->address)->status);
        $waiter = $this->start('wait', $this->address);
        $waiter->line(2);
        $holder->wait();
        $this->assertSame(0, $waiter->wait()->status);
    }

    public function testThereIsNothingToBreak(): void
    {
        $this->assertSame("$this->address is free\n", $this->sitelock('break', $this->address)->output);
        $holder = $this->holder('--label=nightly', $this->address);
        $result = $this->sitelock('break', '--force', $this->address);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertMatchesRegularExpression($this->sentence($holder, 'there is nothing to break: it is free when that process ends, and within half a minute when the machine of that cannot be reached any more'), $result->errors);
        $this->assertSame(0, $holder->wait()->status);
    }

    public function testAServerThatIsAwayIsNoBusyLock(): void
    {
        static::server()->kill();
        foreach ([['run', $this->address, '--', 'touch', "$this->folder/ran"], ['wait', $this->address], ['break', $this->address]] as $words) {
            $result = $this->sitelock(...$words);
            $this->assertSame(ExitCode::SYSTEM, $result->status);
            $this->assertMatchesRegularExpression('{^sitelock: ' . preg_quote($this->address) . ': .*refused.*\n$}', $result->errors);
        }
        $this->assertFileDoesNotExist("$this->folder/ran");
        $this->assertSame(ExitCode::SYSTEM, $this->sitelock('status', $this->address)->status);
        $this->assertSame('error', $this->status($this->address)['locks'][0]['state']);
    }

    /** @param callable $loses how the server comes to know nothing of the lock any more */
    protected function assertLossIsTold(callable $loses): void
    {
        $lost = preg_quote($this->address);
        foreach ([0 => "the command succeeded, but $lost (was lost|could not be given back: [^/]*; others may)", 3 => "$lost was taken away while the command ran"] as $status => $sentence) {
            $holder = $this->holder($this->address);
            $loses();
            $holder->write("$status\n");
            $result = $holder->wait();
            $this->assertSame($status ?: ExitCode::LOST, $result->status);
            $this->assertMatchesRegularExpression("{^sitelock: $sentence}", $result->errors);
        }
    }

    /** Soon; the server may have to hear of it, and who kept the lock leaves nothing behind. */
    protected function assertFree(): void
    {
        self::until(function (): bool {
            return $this->status($this->address)['locks'][0]['state'] === 'free' && glob("$this->folder/sitelock-*") === [];
        }, 'it is free');
    }

    private function sentence(Running $holder, string $advice): string
    {
        $host = preg_quote((string) gethostname());
        $advice = strtr($advice, ['HOST' => $host]);
        return '{^sitelock: ' . preg_quote($this->address) . " is locked by a process that cannot be seen from here \\($host, pid $holder->pid there, nightly\\) for \\d+ s, exclusive; $advice\n$}";
    }
}
