<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

final class StatusTest extends CommandTestCase
{
    public function testFree(): void
    {
        $result = $this->sitelock('status', $this->path);
        $this->assertSame([0, ''], [$result->status, $result->errors]);
        $this->assertMatchesRegularExpression("{^lock +state +waiting +who *\n$this->path +free}", $result->output);
        $this->assertFileDoesNotExist($this->path, 'it creates nothing');
    }

    public function testHeld(): void
    {
        $holder = $this->holder('--label=nightly', $this->path);
        $result = $this->sitelock('status', $this->path, "$this->folder/other");
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertMatchesRegularExpression("{^$this->path +held +0 +pid $holder->pid .*, nightly\\) for \\d+ s, exclusive}m", $result->output);
        $this->assertMatchesRegularExpression("{^$this->folder/other +free}m", $result->output);
    }

    public function testJson(): void
    {
        $holder = $this->holder('--label=<nightly> ü', $this->path);
        $status = $this->status($this->path);
        $this->assertSame(['locks', 'unseen_processes'], array_keys($status));
        $lock = $status['locks'][0];
        $this->assertSame(['address', 'path', 'state', 'holders', 'waiting', 'abandoned_by', 'error'], array_keys($lock));
        $this->assertSame([$this->path, $this->path, 'held', 0, [], null], [
            $lock['address'], $lock['path'], $lock['state'], $lock['waiting'], $lock['abandoned_by'], $lock['error'],
        ]);
        $first = $lock['holders'][0];
        $this->assertSame(['pid', 'host', 'user', 'command', 'label', 'shared', 'since', 'alive', 'inherited', 'sentence'], array_keys($first));
        $this->assertSame([$holder->pid, '<nightly> ü', false, true, false], [
            $first['pid'], $first['label'], $first['shared'], $first['alive'], $first['inherited'],
        ]);
        $this->assertEqualsWithDelta(microtime(true), $first['since'], 10);
    }

    public function testWaiters(): void
    {
        $this->holder();
        $waiters = [$this->start('run', '--wait=forever', $this->path, '--', 'true'), $this->start('run', '--wait=forever', $this->path, '--', 'true')];
        foreach ($waiters as $waiter) {
            $waiter->line(2);
        }
        self::until(function (): bool {
            return $this->status($this->path)['locks'][0]['waiting'] === 2;
        }, 'two wait');
    }

    public function testAbandoned(): void
    {
        $this->sitelock('run', '--label=first', $this->path, '--', 'sh', '-c', 'exit 3');
        $holder = $this->holder('--label=second', $this->path);
        $holder->kill(SIGKILL);
        $holder->wait();
        self::until(function (): bool {
            return self::isFree($this->path);
        }, 'the command has ended too');
        $result = $this->sitelock('status', $this->path);
        $this->assertSame(0, $result->status, 'it is free');
        $this->assertMatchesRegularExpression("{^$this->path +abandoned +pid \\d+ .*, first\\), exit status 3 at .*\n$this->path +abandoned +pid $holder->pid .*, second\\), killed or crashed}m", $result->output);

        $told = explode(' and ', explode('was abandoned by ', $this->sitelock('run', '--shared', $this->path, '--', 'true')->errors)[1]);
        $abandoned = $this->status($this->path)['locks'][0]['abandoned_by'];
        $this->assertSame(['first', 'second'], array_column($abandoned, 'label'));
        $this->assertSame($told[0], $abandoned[0]['sentence'], 'the words of the extension');
        $this->assertStringStartsWith($abandoned[1]['sentence'], $told[1]);
        $this->assertSame(['pid', 'host', 'user', 'command', 'label', 'since', 'end', 'until', 'sentence'], array_keys($abandoned[0]));
        $this->assertEqualsWithDelta(microtime(true), $abandoned[0]['until'], 20);
        $this->assertNull($abandoned[1]['until'], 'nobody has found it yet');
    }

    public function testAnOwnerAtWorkHasAbandonedNothing(): void
    {
        $this->holder();
        $this->assertSame([], $this->status($this->path)['locks'][0]['abandoned_by']);
    }

    public function testWhatIsNoLock(): void
    {
        symlink('/etc/passwd', "$this->folder/link");
        $result = $this->sitelock('status', "$this->folder/link", $this->path);
        $this->assertSame(ExitCode::SYSTEM, $result->status);
        $this->assertMatchesRegularExpression("{^$this->folder/link +error +.*link}m", $result->output);
        $this->assertSame('error', $this->status("$this->folder/link")['locks'][0]['state']);
    }

    public function testAllLocksOfThisMachine(): void
    {
        $this->holder('--label=one', $this->path, "dir:$this->folder/directory");
        $this->holder('--shared', "$this->folder/never-exclusive");
        $waiter = $this->start('run', '--wait=forever', "dir:$this->folder/directory", '--', 'true');
        $waiter->line(2);
        $files = [];
        foreach ([LOCK_EX, LOCK_SH] as $mode) {
            touch("$this->folder/not-ours-$mode");
            $files[] = $file = fopen("$this->folder/not-ours-$mode", 'r+e');
            flock($file, $mode);
        }
        $result = $this->sitelock('status', '--json');
        $this->assertSame(0, $result->status);
        $addresses = array_column(json_decode($result->output, true)['locks'], 'address');
        $ours = array_values(array_filter($addresses, function (string $address): bool {
            return strpos($address, $this->folder) !== false;
        }));
        $this->assertSame(["$this->folder/never-exclusive", $this->path, "dir:$this->folder/directory"], $ours);
        $table = $this->sitelock('status');
        $this->assertMatchesRegularExpression("{^$this->path +held +0 +pid \\d+ .*, one\\)}m", $table->output);
        $this->assertSame(0, $table->status);
    }

    public function testControlCharactersAreShown(): void
    {
        $path = "$this->folder/\e[2J\n<info>x";
        $this->holder($path);
        foreach ([[$path], []] as $addresses) {
            $output = $this->sitelock('status', ...$addresses)->output;
            $this->assertStringContainsString('/\x1b[2J\x0a<info>x ', $output);
            $this->assertStringNotContainsString("\e", $output);
        }
        $this->assertSame($path, $this->status($path)['locks'][0]['path']);
    }

    public function testANameThatIsNoText(): void
    {
        $path = "$this->folder/\xff\xfe";
        $this->holder($path);
        $this->assertSame("$this->folder/\u{fffd}\u{fffd}", $this->status($path)['locks'][0]['path']);
        $this->assertStringContainsString("\xff\xfe", $this->sitelock('status', $path)->output);
    }

    public function testWaitReturnsWhenItIsFree(): void
    {
        $this->assertSame(0, $this->sitelock('wait', $this->path)->status);
        $this->assertFileDoesNotExist($this->path);
        $holder = $this->holder();
        $waiter = $this->start('wait', $this->path);
        $this->assertStringContainsString('locked by pid ' . $holder->pid, $waiter->line(2));
        $holder->wait();
        $this->assertSame(0, $waiter->wait()->status);
    }

    public function testWaitGivesUpInTime(): void
    {
        $this->holder();
        $result = $this->sitelock('wait', '--wait=0.2', $this->path);
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertStringContainsString("sitelock: gave up: $this->path is locked by pid ", $result->errors);
    }
}
