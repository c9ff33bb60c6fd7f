<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

/** Beside the real borg. */
final class BorgTest extends CommandTestCase
{
    private string $address;

    protected function setUp(): void
    {
        parent::setUp();
        $this->address = "borg:$this->folder/repo";
        putenv("BORG_BASE_DIR=$this->folder/borg");
        putenv('BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes');
        $this->assertSame(0, $this->borg('init', '--encryption', 'none', 'repo')->status);
    }

    private function borg(string ...$words): Result
    {
        return $this->startWords(['borg', ...$words])->wait();
    }

    public function testUnderASharedLockBorgMayReadAndNotWrite(): void
    {
        $holder = $this->holder('--shared', $this->address);
        $this->assertSame(0, $this->borg('list', 'repo')->status);
        $this->assertSame(2, $this->borg('create', '--lock-wait', '0', 'repo::archive', '/etc/hostname')->status);
        $this->assertSame(0, $holder->wait()->status);
        $this->assertSame(0, $this->borg('create', 'repo::archive', '/etc/hostname')->status);
    }

    public function testUnderAnExclusiveLockBorgMayDoNothing(): void
    {
        $holder = $this->holder($this->address);
        $this->assertSame(2, $this->borg('list', '--lock-wait', '0', 'repo')->status);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', '--shared', $this->address, '--', 'true')->status);
        $this->assertSame(5, $this->end($holder, 5)->status);
        $this->assertSame(0, $this->borg('list', 'repo')->status);
    }

    public function testTheRepositoryIsCopiedUnderASharedLock(): void
    {
        $result = $this->sitelock('run', '--shared', $this->address, '--', 'cp', '-a', "$this->folder/repo", "$this->folder/elsewhere");
        $this->assertSame([0, ''], [$result->status, $result->errors]);
        $this->assertFileExists("$this->folder/elsewhere/config");
    }

    public function testTheCommandDiesWithAWrapperThatIsKilled(): void
    {
        $running = $this->start('run', $this->address, '--', 'sh', '-c', 'echo $$; exec sleep 60');
        $command = (int) $running->line();
        $this->assertGreaterThan(0, $command);
        $running->kill(SIGKILL);
        $running->wait();
        self::until(static function () use ($command): bool {
            return !self::isAlive($command);
        }, 'the command is dead');
        $this->assertSame(0, $this->sitelock('run', $this->address, '--', 'true')->status);
    }

    public function testAWrapperThatIsKilledBeforeTheCommandStartsRunsNothing(): void
    {
        $slowly = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=prctl', '-e', 'inject=prctl:delay_enter=1s'];
        $this->startWords([...$slowly, ...self::words('run', $this->address, '--', 'touch', "$this->folder/ran")]);
        $starting = 0;
        self::until(function () use (&$starting): bool {
            return ($starting = $this->find('setpriv')) !== 0;
        }, 'setpriv is there');
        posix_kill((int) explode(' ', file_get_contents("/proc/$starting/stat"))[3], SIGKILL);
        self::until(static function () use ($starting): bool {
            return !self::isAlive($starting);
        }, 'it has ended');
        $this->assertFileDoesNotExist("$this->folder/ran");
    }

    public function testWhatWouldOutliveAKilledWrapperIsNotRun(): void
    {
        copy('/bin/true', "$this->folder/true");
        chmod("$this->folder/true", 04755);
        $result = $this->sitelock('run', $this->address, '--', "$this->folder/true");
        $this->assertSame(ExitCode::USAGE, $result->status);
        $this->assertStringContainsString('changes its user or group when it starts', $result->errors);
        $this->assertSame(0, $this->sitelock('run', $this->path, '--', "$this->folder/true")->status);
    }

    public function testACommandThatIsKilledLeavesNoLock(): void
    {
        foreach (['--wait=0', '--shared'] as $option) {
            $result = $this->sitelock('run', $option, $this->address, '--', 'sh', '-c', 'kill -TERM $$');
            $this->assertSame(ExitCode::KILLED + SIGTERM, $result->status);
            $this->assertSame([], glob("$this->folder/repo/lock.*"));
        }
    }

    public function testTheCommandHasTheEnvironmentThatItWasGiven(): void
    {
        foreach ([['-u', 'PWD'], ['PWD=/']] as $environment) {
            $env = ['env', '-u', '_', '-u', 'OLDPWD', ...$environment];
            $result = $this->startWords([...$env, ...self::words('run', $this->address, '--', 'env')])->wait();
            $given = $this->startWords([...$env, 'env'])->wait();
            $this->assertSame(count(explode("\n", $given->output)), count(explode("\n", $result->output)), $result->output);
        }
    }

    public function testTwoNamesOfOneRepository(): void
    {
        symlink("$this->folder/repo", "$this->folder/link");
        $result = $this->sitelock('run', $this->address, "borg:$this->folder/link", '--', 'true');
        $this->assertSame(ExitCode::USAGE, $result->status);
        $this->assertStringContainsString('are one lock', $result->errors);
    }

    /** @dataProvider notHere */
    public function testARepositoryElsewhereIsLockedThere(string $repository): void
    {
        $result = $this->sitelock('run', "borg:$repository", '--', 'true');
        $this->assertSame(ExitCode::USAGE, $result->status);
        $this->assertStringContainsString(': ssh backup2 sitelock run borg:PATH', $result->errors);
    }

    /** @return string[][] */
    public static function notHere(): array
    {
        return [['ssh://me@backup2:22/srv/repo'], ['ssh://backup2/srv/repo'], ['me@backup2:repo'], ['backup2:/srv/repo']];
    }

    public function testCloseNeedsALockThatCanBeKept(): void
    {
        $this->assertSame(ExitCode::USAGE, $this->sitelock('run', '--close', $this->address, '--', 'true')->status);
        $this->assertSame(0, $this->sitelock('run', '--close', $this->path, $this->address, '--', 'true')->status);
    }

    /** The process of this test that is called so; 0: there is none. */
    private function find(string $name): int
    {
        foreach (glob('/proc/[0-9]*') as $process) {
            if (@readlink("$process/cwd") === $this->folder && trim((string) @file_get_contents("$process/comm")) === $name) {
                return (int) basename($process);
            }
        }
        return 0;
    }

    public function testBreakClearsADeadOwnerAndKeepsAnother(): void
    {
        $dead = $this->start('run', $this->address, '--', ...self::OBEY);
        $dead->line();
        $dead->kill(SIGKILL);
        $dead->wait();
        $result = $this->sitelock('break', $this->address);
        $this->assertSame(0, $result->status);
        $this->assertStringEndsWith("$this->address is free\n", $result->output);

        mkdir("$this->folder/repo/lock.exclusive");
        touch("$this->folder/repo/lock.exclusive/elsewhere@1.4211-0");
        $result = $this->sitelock('break', $this->address);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertStringContainsString(': cannot be judged from here, and so counts as alive', $result->output);
        $this->assertSame(0, $this->sitelock('break', '--force', $this->address)->status);
        $this->assertSame(0, $this->borg('list', 'repo')->status);
    }

    public function testStatus(): void
    {
        $this->holder($this->address);
        $this->assertSame('held', $this->status($this->address)['locks'][0]['state']);
        $this->assertMatchesRegularExpression("{^borg:$this->folder/repo +held}m", $this->sitelock('status')->output);
    }

    public function testWithoutSetprivItSaysSo(): void
    {
        mkdir("$this->folder/bin");
        $words = self::words('run', $this->address, '--', '/bin/true');
        $words[0] = trim((string) shell_exec('command -v ' . escapeshellarg($words[0])));
        $result = $this->startWords(['sh', '-c', 'PATH="$PWD/bin"; export PATH; exec "$@"', 'sh', ...$words])->wait();
        $this->assertSame(ExitCode::UNAVAILABLE, $result->status);
        $this->assertStringContainsString('is started through setpriv(1), which is not to be found in PATH; it is in util-linux', $result->errors);
    }

    private function end(Running $holder, int $status): Result
    {
        $holder->write("$status\n");
        return $holder->wait();
    }
}
