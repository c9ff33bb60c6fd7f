<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

final class BusyTest extends CommandTestCase
{
    public function testTheSentenceNamesTheOwnerAndWhatToDo(): void
    {
        $holder = $this->holder('--label=nightly', $this->path);
        $result = $this->sitelock('run', $this->path, '--', 'touch', "$this->folder/ran");
        $this->assertSame(ExitCode::BUSY, $result->status);
        $host = php_uname('n');
        $user = posix_getpwuid(posix_geteuid())['name'];
        $this->assertMatchesRegularExpression(
            "{^sitelock: $this->path is locked by pid $holder->pid \\($user@$host, \".* run --label=nightly $this->path -- sh -c .*\", nightly\\)"
            . " for \\d+ s, exclusive; wait for it with --wait=SECONDS, or see to it that it ends\n$}",
            $result->errors
        );
        $this->assertFileDoesNotExist("$this->folder/ran");
    }

    public function testAnotherExitCode(): void
    {
        $this->holder();
        $this->assertSame(1, $this->sitelock('run', '--conflict-exit-code=1', $this->path, '--', 'true')->status);
        $this->assertSame(0, $this->sitelock('run', '--conflict-exit-code=0', '--wait=0.05', $this->path, '--', 'true')->status);
    }

    public function testGivesUpInTime(): void
    {
        $this->holder();
        $start = microtime(true);
        $result = $this->sitelock('run', '--wait=0.4', $this->path, '--', 'true');
        $this->assertGreaterThan(0.4, microtime(true) - $start);
        $this->assertSame(ExitCode::BUSY, $result->status);
        [$first, $last] = explode("\n", $result->errors);
        $this->assertMatchesRegularExpression('/^sitelock: waiting for .* \(0.4 s, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\), locked by pid /', $first);
        $this->assertStringStartsWith("sitelock: gave up: $this->path is locked by pid ", $last);
        $this->assertStringEndsWith('; wait longer, or see to it that it ends', $last);
    }

    public function testHasItsTurn(): void
    {
        $holder = $this->holder();
        $waiter = $this->start('run', '--wait=forever', $this->path, '--', 'echo', 'had it');
        $this->assertStringContainsString('(as long as it takes)', $waiter->line(2));
        $this->assertSame(0, $holder->wait()->status);
        $result = $waiter->wait();
        $this->assertSame([0, "had it\n", ''], [$result->status, $result->output, $result->errors]);
    }

    public function testQuietIsQuiet(): void
    {
        $this->sitelock('run', $this->path, '--', 'false');
        $this->assertSame('', $this->sitelock('run', '--quiet', '--shared', $this->path, '--', 'true')->errors);
        $this->holder();
        foreach (['--wait=0', '--wait=0.1'] as $wait) {
            $result = $this->sitelock('run', '-q', $wait, $this->path, '--', 'true');
            $this->assertSame([ExitCode::BUSY, ''], [$result->status, $result->errors]);
        }
        $this->assertSame(ExitCode::USAGE, $this->sitelock('run', '-q')->status);
        $this->assertStringContainsString('sitelock: ', $this->sitelock('run', '-q')->errors);
    }

    public function testManyOwnersAreNotAllNamed(): void
    {
        for ($i = 0; $i < 5; $i++) {
            $this->holder('--shared', $this->path);
        }
        $errors = $this->sitelock('run', $this->path, '--', 'true')->errors;
        $this->assertSame(3, substr_count($errors, ', shared'));
        $this->assertStringContainsString(' and 2 more; ', $errors);
    }

    public function testACommandThatTakesItsOwnLockIsTold(): void
    {
        $inner = implode(' ', array_map('escapeshellarg', self::words('run', $this->path, '--', 'true')));
        $result = $this->sitelock('run', $this->path, '--', 'sh', '-c', $inner);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertMatchesRegularExpression('/; pid \d+ has started this command: what runs under a lock must not take it again\n$/', $result->errors);
    }

    public function testTwoNamesOfOneLock(): void
    {
        symlink('.', "$this->folder/here");
        $result = $this->sitelock('run', $this->path, "$this->folder/here/site.lock", '--', 'true');
        $this->assertSame(ExitCode::USAGE, $result->status);
        $this->assertStringEndsWith("sitelock: $this->path and $this->folder/here/site.lock are one lock\n", $result->errors);
        $this->assertSame(ExitCode::USAGE, $this->sitelock('run', $this->path, "shared:$this->path", '--', 'true')->status);
    }

    public function testWhoCannotBeJudgedMayBeBroken(): void
    {
        ForeignOwner::in("$this->folder/lock");
        $result = $this->sitelock('run', "dir:$this->folder/lock", '--', 'true');
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertStringEndsWith("; it counts as alive; once you know that it is dead: sitelock break --force dir:$this->folder/lock\n", $result->errors);
    }

    public function testAnotherProgramHasTheFile(): void
    {
        touch($this->path);
        $file = fopen($this->path, 'r+e');
        flock($file, LOCK_EX);
        $result = $this->sitelock('run', $this->path, '--', 'true');
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertStringContainsString(' is locked by pid ' . getmypid() . ' (', $result->errors);
    }
}
