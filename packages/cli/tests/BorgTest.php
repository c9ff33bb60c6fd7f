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
        $running->kill(SIGKILL);
        $running->wait();
        self::until(static function () use ($command): bool {
            return !self::isAlive($command);
        }, 'the command is dead');
        $this->assertSame(0, $this->sitelock('run', $this->address, '--', 'true')->status);
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
        $this->assertStringContainsString('is started through setpriv(1), which is not there; install util-linux', $result->errors);
    }

    private function end(Running $holder, int $status): Result
    {
        $holder->write("$status\n");
        return $holder->wait();
    }
}
