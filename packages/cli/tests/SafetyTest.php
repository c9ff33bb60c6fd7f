<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

/** What could go wrong must not do harm. */
final class SafetyTest extends CommandTestCase
{
    /** @return string[][] how the victim is made, and what the error says */
    public function victims(): array
    {
        return [
            'a link to a file' => ['echo data >victim; ln -s victim "$0"', 'link', ExitCode::SYSTEM],
            'a link to nothing' => ['echo data >victim; ln -s nothing "$0"', 'link', ExitCode::SYSTEM],
            'a second name' => ['echo data >victim; ln victim "$0"', 'holds data', ExitCode::USAGE],
            'a directory' => ['echo data >victim; mkdir "$0"', 'not a regular file', ExitCode::SYSTEM],
            'a FIFO' => ['echo data >victim; mkfifo "$0"', 'not a regular file', ExitCode::SYSTEM],
            'a file that holds data' => ['echo data >victim; cp victim "$0"', 'holds data, and its first bytes would be lost', ExitCode::USAGE],
        ];
    }

    /** @dataProvider victims */
    public function testAPathThatIsNoLockFile(string $make, string $says, int $exitCode): void
    {
        exec('cd ' . escapeshellarg($this->folder) . " && sh -c " . escapeshellarg($make) . ' ' . escapeshellarg($this->path));
        $before = lstat($this->path);
        foreach ([['run', $this->path, '--', 'touch', 'ran'], ['run', '--wait=1', $this->path, '--', 'touch', 'ran']] as $words) {
            $result = $this->sitelock(...$words);
            $this->assertSame($exitCode, $result->status, $result->errors);
            $this->assertStringContainsString($says, $result->errors);
        }
        $this->assertSame("data\n", file_get_contents("$this->folder/victim"));
        $after = lstat($this->path);
        $this->assertSame([$before['mode'], $before['mtime'], $before['size']], [$after['mode'], $after['mtime'], $after['size']]);
        $this->assertFileDoesNotExist("$this->folder/ran");
        $this->assertFileDoesNotExist("$this->folder/nothing");
    }

    public function testWhatAPowerCutLeavesIsNoData(): void
    {
        file_put_contents($this->path, str_repeat("\0", 512));
        $this->assertSame(0, $this->sitelock('run', $this->path, '--', 'true')->status);
        file_put_contents("$this->folder/image", str_repeat("\0", 5000));
        $this->assertSame(ExitCode::USAGE, $this->sitelock('run', "$this->folder/image", '--', 'true')->status);
        $this->assertSame(str_repeat("\0", 5000), file_get_contents("$this->folder/image"));
    }

    public function testDataMayBeLockedShared(): void
    {
        file_put_contents($this->path, "data\n");
        $this->assertSame(0, $this->sitelock('run', '--shared', $this->path, '--', 'true')->status);
        $this->assertSame(ExitCode::USAGE, $this->sitelock('mark-consistent', $this->path)->status);
        $this->assertSame("data\n", file_get_contents($this->path));
    }

    public function testAFolderThatIsNotThere(): void
    {
        $result = $this->sitelock('run', "$this->folder/no/such/lock", '--', 'true');
        $this->assertSame(ExitCode::SYSTEM, $result->status);
        $this->assertStringContainsString('No such file or directory', $result->errors);
    }

    public function testAFullDisk(): void
    {
        $script = 'mkdir disk; mount -t tmpfs -o size=8k,nr_inodes=100 none disk; cat /dev/zero >disk/full 2>/dev/null; exec "$@"';
        $result = $this->startWords(['unshare', '-m', '--propagation', 'private', 'sh', '-c', $script, 'sh', ...self::words('run', 'disk/lock', '--', 'touch', 'ran')])->wait();
        $this->assertSame(ExitCode::SYSTEM, $result->status);
        $this->assertStringContainsString('No space left on device', $result->errors);
        $this->assertFileDoesNotExist("$this->folder/ran");
    }

    /** The command fills the disk on which its own lock is. */
    public function testADiskThatBecomesFull(): void
    {
        $script = 'mkdir disk; mount -t tmpfs -o size=8k,nr_inodes=100 none disk; exec "$@"';
        $result = $this->startWords(['unshare', '-m', '--propagation', 'private', 'sh', '-c', $script, 'sh', ...self::words('run', 'disk/lock', '--', 'sh', '-c', 'cat /dev/zero >disk/full 2>/dev/null; exit 3')])->wait();
        $this->assertSame([3, ''], [$result->status, $result->errors]);
    }

    public function testALockFileThatMayNotGrow(): void
    {
        $result = $this->startIn('ulimit -f 0; exec "$@"', 'run', $this->path, '--', 'touch', 'ran')->wait();
        $this->assertSame(ExitCode::SYSTEM, $result->status);
        $this->assertStringContainsString('File too large', $result->errors);
        $this->assertFileDoesNotExist("$this->folder/ran");
    }

    public function testNoProcessToBeHad(): void
    {
        chmod($this->folder, 0777);
        $script = 'ulimit -u 1; exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
        $result = $this->startWords(['bash', '-c', $script, 'bash', ...self::words('run', $this->path, '--', 'true')])->wait();
        $this->assertSame([ExitCode::SYSTEM, "sitelock: not run: no new process can be had (Resource temporarily unavailable)\n"], [$result->status, $result->errors]);
        $this->assertStringStartsWith('sitelock 1 released ', file_get_contents($this->path), 'nothing was abandoned');
    }

    public function testNoDescriptorsToBeHad(): void
    {
        $paths = array_map('strval', range(1, 20));
        $result = $this->startIn('ulimit -n 15; exec "$@"', 'run', ...$paths, ...['--', 'true'])->wait();
        $this->assertSame(ExitCode::SYSTEM, $result->status);
        $this->assertStringContainsString('Too many open files', $result->errors);
    }

    public function testAnotherUser(): void
    {
        $this->sitelock('run', $this->path, '--', 'true');
        chmod($this->folder, 0777);
        $as = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
        $result = $this->startIn($as, 'run', $this->path, '--', 'true')->wait();
        $this->assertSame(ExitCode::SYSTEM, $result->status);
        $this->assertStringContainsString('Permission denied', $result->errors);

        $this->startIn($as, 'run', "$this->folder/theirs", '--', 'true')->wait();
        $result = $this->sitelock('run', "$this->folder/theirs", '--', 'true');
        $this->assertSame(ExitCode::SYSTEM, $result->status, 'not even for root');
        $this->assertStringEndsWith("; to share it on purpose, let root make it: install -g GROUP -m 660 /dev/null $this->folder/theirs\n", $result->errors);

        unlink("$this->folder/theirs");
        exec('install -g 65534 -m 660 /dev/null ' . escapeshellarg("$this->folder/theirs"));
        $this->assertSame(0, $this->sitelock('run', "$this->folder/theirs", '--', 'true')->status);
        $holder = $this->startIn($as, 'run', "$this->folder/theirs", '--', ...self::OBEY);
        $this->assertSame('up', $holder->line());
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', "$this->folder/theirs", '--', 'true')->status);
    }

    public function testAUserWhoMayNotLookAtOthers(): void
    {
        $this->holder();
        $status = $this->startIn('exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"', 'status')->wait();
        $this->assertSame(0, $status->status);
        $this->assertStringNotContainsString($this->path, $status->output);
        $this->assertMatchesRegularExpression('/^sitelock: \d+ process(es)? could not be looked at; root sees more\n$/', $status->errors);
    }

    public function testProcThatHidesProcesses(): void
    {
        $this->holder();
        chmod($this->folder, 0777);
        $script = 'mount -t proc -o hidepid=2 proc /proc; exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
        $words = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', $script, 'sh'];
        $this->assertSame(0, $this->startWords([...$words, ...self::words('run', "$this->folder/own", '--', 'true')])->wait()->status);
        $status = $this->startWords([...$words, ...self::words('status')])->wait();
        $this->assertSame([0, "no lock is held\n"], [$status->status, $status->output]);
    }

    public function testWithoutProc(): void
    {
        $script = 'mount -t tmpfs none /proc; exec "$@"';
        $words = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', $script, 'sh'];
        $result = $this->startWords([...$words, ...self::words('run', $this->path, '--', 'echo', 'ran')])->wait();
        $this->assertSame([0, "ran\n"], [$result->status, $result->output], $result->errors);
        $this->holder();
        $result = $this->startWords([...$words, ...self::words('run', $this->path, '--', 'echo', 'ran')])->wait();
        $this->assertNotSame(0, $result->status);
        $this->assertSame('', $result->output);
    }

    public function testProcess1(): void
    {
        $words = ['unshare', '--pid', '--fork', '--mount-proc', ...self::words('run', $this->path, '--', 'sh', '-c', 'kill -TERM $$')];
        $this->assertSame(128 + SIGTERM, $this->startWords($words)->wait()->status);
        $this->assertStringContainsString(' was abandoned by ', $this->sitelock('run', $this->path, '--', 'true')->errors);
    }
}
