<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

final class RunTest extends CommandTestCase
{
    /**
     * @testWith [0]
     *           [1]
     *           [75]
     *           [127]
     *           [255]
     */
    public function testReturnsTheExitStatusOfTheCommand(int $status): void
    {
        $this->assertSame($status, $this->sitelock('run', $this->path, '--', 'sh', '-c', "exit $status")->status);
    }

    public function testPrintsNothingWhenAllGoesWell(): void
    {
        foreach ([[$this->path], ["dir:$this->path.d"], ['--shared', $this->path], ['--label=x', '--wait=3', '--close', $this->path]] as $words) {
            $result = $this->sitelock('run', ...$words, ...['--', 'true']);
            $this->assertSame([0, '', ''], [$result->status, $result->output, $result->errors], implode(' ', $words));
        }
    }

    public function testPassesAllArgumentsUnchanged(): void
    {
        $words = ['', '--', '-h', '--help', '--wait=3', '--', '%s <info>$HOME', "two\nlines", "\xff\xfe\x01", 'ä€', str_repeat('x', 120000)];
        $result = $this->sitelock('run', $this->path, '--', 'printf', '[%s]\n', ...$words);
        $this->assertSame('[' . implode("]\n[", $words) . "]\n", $result->output);
    }

    public function testPassesManyArguments(): void
    {
        $words = array_fill(0, 12, str_repeat('y', 120000));
        $result = $this->sitelock('run', $this->path, '--', 'sh', '-c', 'echo $#', 'sh', ...$words);
        $this->assertSame("12\n", $result->output);
    }

    public function testTheCommandHasTheStandardStreams(): void
    {
        $running = $this->start('run', $this->path, '--', 'sh', '-c', 'cat; echo error >&2');
        $running->write("input\n");
        $result = $running->wait();
        $this->assertSame(["input\n", "error\n"], [$result->output, $result->errors]);
    }

    public function testTheCommandHasTheEnvironmentOfTheCaller(): void
    {
        $lines = static function (Result $result): array {
            $lines = explode("\0", $result->output);
            sort($lines);
            return $lines;
        };
        $environment = $lines($this->startWords(['env', '-0'])->wait());
        $this->assertSame($environment, $lines($this->sitelock('run', $this->path, '--', 'env', '-0')));
        $this->assertSame($environment, $lines($this->sitelock('run', '--quiet', $this->path, '--', 'env', '-0')));
    }

    public function testACommandThatIsNotThere(): void
    {
        foreach (['no-such-command', './no-such-command', ''] as $command) {
            $result = $this->sitelock('run', $this->path, '--', $command);
            $this->assertSame(ExitCode::NOT_FOUND, $result->status);
            $this->assertSame("sitelock: cannot run $command: there is no such command\n", $result->errors);
        }
        $this->assertFileDoesNotExist($this->path, 'nothing was locked for it');
    }

    public function testACommandThatCannotBeExecuted(): void
    {
        touch("$this->folder/file");
        foreach (['file' => 'it is not executable', '.' => 'it is a directory'] as $command => $why) {
            $result = $this->sitelock('run', $this->path, '--', "$this->folder/$command");
            $this->assertSame(ExitCode::NOT_EXECUTABLE, $result->status);
            $this->assertStringEndsWith("/$command: $why\n", $result->errors);
        }
        $this->assertFileDoesNotExist($this->path, 'nothing was locked for it');
    }

    public function testAScriptThatCannotBeInterpreted(): void
    {
        file_put_contents("$this->folder/script", "#!/no/such/interpreter\n");
        chmod("$this->folder/script", 0755);
        $result = $this->sitelock('run', $this->path, '--', './script');
        $this->assertSame(ExitCode::NOT_FOUND, $result->status);
        $this->assertStringStartsWith('sitelock: cannot run ./script: ', $result->errors);
    }

    public function testAScriptWithoutAnInterpreterIsOneOfTheShell(): void
    {
        file_put_contents("$this->folder/script", 'echo "$0 $1"');
        chmod("$this->folder/script", 0755);
        $this->assertSame("./script one\n", $this->sitelock('run', $this->path, '--', './script', 'one')->output);
    }

    public function testTheCommandIsLookedForInThePath(): void
    {
        mkdir("$this->folder/bin");
        file_put_contents("$this->folder/bin/tool", "#!/bin/sh\necho found\n");
        chmod("$this->folder/bin/tool", 0755);
        $result = $this->startIn('PATH=/nowhere:bin:$PATH; export PATH; exec "$@"', 'run', $this->path, '--', 'tool')->wait();
        $this->assertSame("found\n", $result->output);
    }

    /**
     * @testWith [9]
     *           [11]
     *           [6]
     */
    public function testACommandThatIsKilled(int $signal): void
    {
        $result = $this->sitelock('run', $this->path, '--', 'sh', '-c', "ulimit -c 0; kill -$signal \$\$");
        $this->assertSame([$signal, ''], [$result->signal, $result->errors]);
        $this->assertSame("$signal", rtrim($this->startIn('"$@"; echo $(($? - 128))', 'run', $this->path, '--', 'sh', '-c', "ulimit -c 0; kill -$signal \$\$")->wait()->output));
    }

    public function testTheLockIsHeldAsLongAsTheCommandRuns(): void
    {
        $holder = $this->holder();
        $this->assertFalse(self::isFree($this->path));
        $holder->wait();
        $this->assertTrue(self::isFree($this->path));
    }

    public function testSharedOwnersAreBesideEachOther(): void
    {
        $this->holder('--shared', $this->path);
        $this->assertSame(0, $this->sitelock('run', '--shared', $this->path, '--', 'true')->status);
        $this->assertSame(0, $this->sitelock('run', "shared:$this->path", '--', 'true')->status);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', $this->path, '--', 'true')->status);
    }

    public function testAModeForEachOfSeveralLocks(): void
    {
        $this->holder("shared:$this->folder/all", $this->path);
        $this->assertSame(0, $this->sitelock('run', "shared:$this->folder/all", "$this->folder/other", '--', 'true')->status);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', "$this->folder/all", '--', 'true')->status);
        $this->assertSame(ExitCode::BUSY, $this->sitelock('run', $this->path, '--', 'true')->status);
    }

    public function testAllLocksOrNone(): void
    {
        $this->holder();
        $result = $this->sitelock('run', "$this->folder/other", $this->path, '--', 'touch', "$this->folder/ran");
        $this->assertSame(ExitCode::BUSY, $result->status);
        $this->assertSame(1, substr_count($result->errors, "\n"), 'only the busy one is named');
        $this->assertFileDoesNotExist("$this->folder/ran");
        $this->assertTrue(self::isFree("$this->folder/other"));
    }

    public function testManyLocks(): void
    {
        $paths = array_map(function (int $number): string {
            return "$this->folder/lock-$number";
        }, range(1, 200));
        $result = $this->sitelock('run', ...$paths, ...['--', 'sh', '-c', 'ls -l /proc/self/fd | grep -c /lock-']);
        $this->assertSame("200\n", $result->output);
    }

    public function testOppositeOrdersMakeNoDeadlock(): void
    {
        $names = ["$this->folder/a", "$this->folder/b"];
        $loop = 'for i in 1 2 3 4 5 6 7 8; do "$@" || exit; done';
        $one = $this->startIn($loop, 'run', '--wait=15', ...$names, ...['--', 'true']);
        $two = $this->startIn($loop, 'run', '--wait=15', ...array_reverse($names), ...['--', 'true']);
        $this->assertSame([0, 0], [$one->wait()->status, $two->wait()->status]);
    }

    /** mkdir fails for whoever comes second: it knows nothing of sitelock. */
    public function testNeverTwoAtOnce(): void
    {
        foreach ([$this->path, "dir:$this->path.d"] as $address) {
            $workers = [];
            foreach (['a', 'b', 'c'] as $name) {
                $workers[$name] = $this->startIn(
                    'for i in 1 2 3 4 5 6 7; do "$@" || exit; done',
                    'run',
                    '--wait=forever',
                    $address,
                    '--',
                    'sh',
                    '-c',
                    'mkdir inside && rmdir inside && echo . >>' . $name
                );
            }
            foreach ($workers as $name => $worker) {
                $this->assertSame(0, $worker->wait()->status);
                $this->assertSame(str_repeat(".\n", 7), file_get_contents("$this->folder/$name"));
                unlink("$this->folder/$name");
            }
        }
    }

    public function testTheLockIsGivenBackWhateverTheCommandLeavesBehind(): void
    {
        $result = $this->sitelock('run', $this->path, '--', 'sh', '-c', 'sleep 60 >/dev/null 2>&1 & echo $!');
        $this->assertTrue(self::isAlive((int) $result->output));
        $this->assertTrue(self::isFree($this->path));
    }

    public function testTheCommandHasTheLockUnlessItIsClosed(): void
    {
        $list = ['--', 'sh', '-c', 'ls -l /proc/self/fd; echo "$0"', 'end'];
        $with = $this->sitelock('run', $this->path, ...$list)->output;
        $without = $this->sitelock('run', '--close', $this->path, ...$list)->output;
        $this->assertStringContainsString('-> ' . $this->path, $with);
        $this->assertStringNotContainsString('site.lock', $without);
    }

    public function testOthersReadTheLabel(): void
    {
        $this->holder('--label=nightly <backup>', $this->path);
        $this->assertStringContainsString(', nightly <backup>) for ', $this->sitelock('run', $this->path, '--', 'true')->errors);
    }

    public function testARelativePathAndOneWithAColon(): void
    {
        $this->assertSame(0, $this->sitelock('run', 'relative', './with:colon', '--', 'true')->status);
        $this->assertFileExists("$this->folder/relative");
        $this->assertFileExists("$this->folder/with:colon");
    }

    public function testALockThatIsTakenAway(): void
    {
        $result = $this->sitelock('run', $this->path, '--', 'rm', $this->path);
        $this->assertSame(ExitCode::LOST, $result->status);
        $this->assertStringStartsWith('sitelock: the command succeeded, but ', $result->errors);
        $result = $this->sitelock('run', $this->path, '--', 'sh', '-c', 'rm "$0"; exit 3', $this->path);
        $this->assertSame(3, $result->status);
        $this->assertSame("sitelock: $this->path was taken away while the command ran: somebody else may have had it, too\n", $result->errors);
    }
}
