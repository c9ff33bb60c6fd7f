<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

final class SignalsTest extends CommandTestCase
{
    /**
     * @testWith [1]
     *           [2]
     *           [3]
     *           [15]
     *           [10]
     *           [12]
     *           [14]
     */
    public function testASignalIsPassedOn(int $signal): void
    {
        $running = $this->start('run', $this->path, '--', 'sh', '-c', 'trap "exit 7" HUP INT QUIT TERM USR1 USR2 ALRM; sleep 60 & echo up; wait');
        $running->line();
        $running->kill($signal);
        $this->assertSame([7, 0], [$running->wait()->status, $running->wait()->signal]);
    }

    public function testTheCommandDecidesWhatASignalMeans(): void
    {
        $running = $this->start('run', $this->path, '--', 'sh', '-c', 'trap "echo got" TERM; echo up; read x; read x; exit 5');
        $running->line();
        $running->kill(SIGTERM);
        $this->assertSame('got', $running->line());
        $this->assertFalse(self::isFree($this->path));
        $this->assertSame(5, $running->wait()->status);
    }

    /**
     * @testWith [1]
     *           [2]
     *           [15]
     */
    public function testDiesOfTheSignalThatKilledTheCommand(int $signal): void
    {
        $running = $this->start('run', $this->path, '--', 'sh', '-c', 'echo up; exec sleep 60');
        $running->line();
        $running->kill($signal);
        $this->assertSame($signal, $running->wait()->signal);
        $next = $this->sitelock('run', $this->path, '--', 'true');
        $this->assertStringContainsString(' was abandoned by ', $next->errors);
        $this->assertStringContainsString(', killed or crashed before ', $next->errors);
    }

    /**
     * @testWith [15]
     *           [9]
     *           [3]
     *           [11]
     */
    public function testWhatAKilledCommandHasLeftRunningKeepsTheLock(int $signal): void
    {
        $running = $this->start('run', $this->path, '--', 'sh', '-c', 'sleep 60 >/dev/null 2>&1 & echo $$; echo $!; wait');
        [$command, $rest] = [(int) $running->line(), (int) $running->line()];
        posix_kill($command, $signal);
        $this->assertSame($signal, $running->wait()->signal);
        $this->assertStringContainsString(" is locked by pid $rest (", $this->sitelock('run', $this->path, '--', 'true')->errors);
        posix_kill($rest, SIGKILL);
        self::until(function (): bool {
            return self::isFree($this->path);
        }, 'it is free then');
    }

    public function testACoreIsTheCommandsAndNotPhps(): void
    {
        $where = trim(file_get_contents('/proc/sys/kernel/core_pattern'));
        $result = $this->startIn('ulimit -c unlimited; exec "$@"', 'run', $this->path, '--', 'sh', '-c', 'kill -SEGV $$')->wait();
        $this->assertSame(SIGSEGV, $result->signal);
        if (strpos($where, '/') === false && strpos($where, '|') === false) {
            $this->assertLessThanOrEqual(1, count(glob("$this->folder/core*")));
        }
    }

    /** At whatever moment it comes: the command is not left alone, nothing hangs, the lock is free. */
    public function testASignalAtAnyMoment(): void
    {
        for ($moment = 0; $moment < 30; $moment++) {
            $running = $this->start('run', $this->path, '--', 'sh', '-c', 'echo $$; exec sleep 60');
            usleep($moment * 2500);
            $running->kill(SIGTERM);
            $command = (int) $running->line();
            $this->assertSame(SIGTERM, $running->wait()->signal, "after $moment");
            self::assertFalse($command > 0 && self::isAlive($command), "after $moment");
            $this->assertTrue(self::isFree($this->path));
        }
    }

    public function testIgnoredSignalsStayIgnored(): void
    {
        $status = $this->startIn('trap "" HUP INT QUIT WINCH; exec "$@"', 'run', $this->path, '--', 'cat', '/proc/self/status')->wait()->output;
        $expected = self::bit(SIGHUP) | self::bit(SIGINT) | self::bit(SIGQUIT) | self::bit(SIGWINCH);
        $this->assertSame($expected, self::signals($status, 'SigIgn'));
        $status = $this->startIn('trap "" HUP; exec "$@"', 'run', $this->path, '--', 'cat', '/proc/self/status')->wait()->output;
        $this->assertSame(self::bit(SIGHUP), self::signals($status, 'SigIgn'));
    }

    public function testNothingElseIsIgnoredOrBlocked(): void
    {
        $status = $this->sitelock('run', $this->path, '--', 'cat', '/proc/self/status')->output;
        $this->assertSame([0, 0], [self::signals($status, 'SigIgn'), self::signals($status, 'SigBlk')], 'not SIGPIPE either, which PHP ignores');
    }

    public function testTheMaskOfTheCallerIsTheCommands(): void
    {
        $status = $this->startFrom('pcntl_sigprocmask(SIG_BLOCK, [SIGUSR2, SIGTERM]);', 'cat', '/proc/self/status')->wait()->output;
        $this->assertSame(self::bit(SIGUSR2) | self::bit(SIGTERM), self::signals($status, 'SigBlk'));
    }

    public function testACallerWhoIgnoresHisChildren(): void
    {
        $ignore = 'pcntl_signal(SIGCHLD, SIG_IGN);';
        $this->assertSame(6, $this->startFrom($ignore, 'sh', '-c', 'exit 6')->wait()->status);
        $status = $this->startFrom($ignore, 'cat', '/proc/self/status')->wait()->output;
        $this->assertSame(self::bit(SIGCHLD), self::signals($status, 'SigIgn'));
    }

    public function testAnIgnoredSignalEndsNoWait(): void
    {
        $holder = $this->holder();
        $running = $this->startIn('trap "" HUP; exec "$@"', 'run', '--wait=forever', $this->path, '--', 'echo', 'had it');
        $running->line(2);
        $running->kill(SIGHUP);
        $holder->wait();
        $this->assertSame('had it', $running->line());
    }

    /**
     * @testWith [1]
     *           [2]
     *           [15]
     */
    public function testASignalEndsAWait(int $signal): void
    {
        $this->holder();
        $running = $this->start('run', '--wait=forever', $this->path, '--', 'touch', "$this->folder/ran");
        $this->assertStringStartsWith('sitelock: waiting for ', $running->line(2));
        $running->kill($signal);
        $this->assertSame($signal, $running->wait()->signal);
        $this->assertFileDoesNotExist("$this->folder/ran");
    }

    public function testManySignalsEndAWaitOnce(): void
    {
        $this->holder();
        for ($i = 0; $i < 10; $i++) {
            $running = $this->start('run', '--wait=forever', $this->path, '--', 'true');
            $running->line(2);
            while (self::isAlive($running->pid)) {
                $running->kill(SIGTERM);
                $running->kill(SIGINT);
            }
            $this->assertContains($running->wait()->signal, [SIGTERM, SIGINT]);
            $this->assertSame('', $running->wait()->errors);
        }
    }

    public function testAnAlarmOfTheCallerIsPassedOn(): void
    {
        $running = $this->startFrom('pcntl_alarm(1);', 'sh', '-c', 'trap "exit 7" ALRM; sleep 60 & wait');
        $this->assertSame(7, $running->wait()->status);
    }

    /**
     * @testWith [""]
     *           ["dir:"]
     */
    public function testTheCommandKeepsTheLockOfAWrapperThatIsKilled(string $scheme): void
    {
        $running = $this->start('run', $scheme . $this->path, '--', 'sh', '-c', 'echo $$; exec sleep 60');
        $command = (int) $running->line();
        $running->kill(SIGKILL);
        $running->wait();
        $busy = $this->sitelock('run', $scheme . $this->path, '--', 'true');
        $this->assertSame(ExitCode::BUSY, $busy->status);
        $this->assertStringContainsString(" is locked by pid $command (", $busy->errors);
        $this->assertStringContainsString(", inherited from pid $running->pid (", $busy->errors);
        posix_kill($command, SIGKILL);
        self::until(static function () use ($command): bool {
            return !self::isAlive($command);
        }, 'the command is dead');
        $this->assertSame(0, $this->sitelock('run', $scheme . $this->path, '--', 'true')->status);
    }

    /**
     * @testWith [""]
     *           ["dir:"]
     */
    public function testWithCloseItDoesNot(string $scheme): void
    {
        $running = $this->start('run', '--close', $scheme . $this->path, '--', 'sh', '-c', 'echo $$; exec sleep 60');
        $command = (int) $running->line();
        $running->kill(SIGKILL);
        $running->wait();
        $this->assertSame(0, $this->sitelock('run', $scheme . $this->path, '--', 'true')->status);
        $this->assertTrue(self::isAlive($command));
    }

    public function testASignalToTheWholeGroupFromAnotherSession(): void
    {
        $running = $this->startIn('exec setsid "$@"', 'run', $this->path, '--', 'sh', '-c', 'trap "exit 7" TERM; sleep 60 & echo up; wait');
        $running->line();
        posix_kill(-$running->pid, SIGTERM);
        $this->assertSame(7, $running->wait()->status);
    }

    public function testAWrapperThatIsStoppedKeepsTheLockAndGoesOn(): void
    {
        $holder = $this->holder();
        $holder->kill(SIGSTOP);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', $this->path, '--', 'true')->status);
        $holder->write("4\n");
        $holder->kill(SIGCONT);
        $this->assertSame(4, $holder->wait()->status);
    }

    /** Started by a PHP that has done something with its signals before it becomes sitelock. */
    private function startFrom(string $code, string ...$command): Running
    {
        $words = self::words('run', $this->path, '--', ...$command);
        $code .= '$words = array_slice($argv, 1); $path = array_shift($words); pcntl_exec($path, $words);';
        $path = trim((string) shell_exec('command -v ' . escapeshellarg($words[0])));
        return $this->startWords([PHP_BINARY, '-n', '-r', $code, $path, ...array_slice($words, 1)]);
    }
}
