<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

final class UsageTest extends CommandTestCase
{
    /** @return string[][] what is said last, and the words of the command */
    public function wrong(): array
    {
        return [
            ['run needs -- between the addresses and the command: sitelock run /run/x.lock -- COMMAND', 'run', '/run/x.lock', 'true'],
            ["run needs -- between the addresses and the command: sitelock run '/run/x y' -- COMMAND", 'run', '/run/x y', 'true'],
            ['there is no command after --', 'run', 'x', '--'],
            ['there is no address of a lock before --', 'run', '--', 'true'],
            ['Not enough arguments (missing: "address").', 'run'],
            ['--wait takes a number of seconds, or forever, not "5m"', 'run', '--wait=5m', 'x', '--', 'true'],
            ['--wait takes a number of seconds, or forever, not "-1"', 'run', '--wait=-1', 'x', '--', 'true'],
            ['--wait takes a number of seconds, or forever, not ""', 'run', '--wait=', 'x', '--', 'true'],
            ['The "--wait" option requires a value.', 'run', 'x', '--wait', '--', 'true'],
            ['--on-abandoned takes run or refuse, not "stop"', 'run', '--on-abandoned=stop', 'x', '--', 'true'],
            ['--on-abandoned=refuse needs a lock that tells of its last owner: a PATH; the others do not', 'run', '--on-abandoned=refuse', 'dir:x', '--', 'true'],
            ['--conflict-exit-code takes a number from 0 to 255, not "256"', 'run', '--conflict-exit-code=256', 'x', '--', 'true'],
            ['The "--what" option does not exist.', 'run', '--what', 'x', '--', 'true'],
            ['"redis://host/x" is no address of a lock: a lock of an engine is written as redis://HOST#NAME or ', 'run', 'redis://secret@host/x', '--', 'true'],
            ['"postgresql://db#" is no address of a lock: ', 'run', 'postgresql://user:secret@db#', '--', 'true'],
            ['shared: is for run, which chooses a mode; write shared:redis://host#x without it', 'status', 'shared:redis://secret@host?auth=secret#x'],
            ['run needs -- between the addresses and the command: sitelock run \'redis://host#x\' -- COMMAND', 'run', 'redis://secret@host#x', 'true'],
            ['"foo:" is no kind of lock; there are dir:, borg:, postgresql:// and redis://, and a path with a colon can be written ./foo:bar', 'status', 'foo:bar'],
            ['shared: is for run, which chooses a mode; write shared:x without it', 'status', 'shared:x'],
            ['"" is no address of a lock: ', 'run', '', '--', 'true'],
            ['"dir:" is no address of a lock: ', 'run', 'dir:', '--', 'true'],
            ['"" is no address of a lock: ', 'run', 'shared:', '--', 'true'],
            ['"x/" is no address of a lock: ', 'status', 'x/'],
            ['Not enough arguments (missing: "address").', 'wait'],
            ['Not enough arguments (missing: "address").', 'break'],
            ['Too many arguments to "wait" command, expected arguments "address".', 'wait', 'x', 'y'],
            ['dir:x does not tell of owners who died; a PATH does', 'mark-consistent', 'dir:x'],
            ['Command "sttaus" is not defined. Did you mean this? status', 'sttaus'],
        ];
    }

    /** @dataProvider wrong */
    public function testWrongUseExitsWith64AfterTheHelp(string $sentence, string ...$words): void
    {
        $result = $this->sitelock(...$words);
        $this->assertSame([ExitCode::USAGE, ''], [$result->status, $result->output]);
        $lines = explode("\n", rtrim($result->errors));
        $this->assertStringContainsString("sitelock: $sentence", end($lines));
        $this->assertStringContainsString("\nUsage:\n  ", "\n$result->errors");
        $this->assertStringContainsString($words[0] === 'sttaus' ? 'Available commands:' : "\n  $words[0] ", $result->errors);
        $this->assertStringNotContainsString('secret', $result->errors);
        $this->assertSame([], glob("$this->folder/*"), 'nothing was made');
    }

    public function testHelpNeedsNoExtension(): void
    {
        $words = [...explode(' ', getenv('PHP')), getenv('PHAR')];
        foreach ([['help', 'run'], ['run', '--help'], ['--version'], ['list'], []] as $arguments) {
            $result = $this->startWords([...$words, ...$arguments])->wait();
            $this->assertSame([0, ''], [$result->status, $result->errors]);
            $this->assertStringContainsString($arguments === ['--version'] ? 'sitelock 0.' : 'Usage:', $result->output);
        }
    }

    public function testWithoutTheExtension(): void
    {
        $result = $this->startWords([...explode(' ', getenv('PHP')), getenv('PHAR'), 'run', $this->path, '--', 'true'])->wait();
        $this->assertSame(ExitCode::UNAVAILABLE, $result->status);
        $this->assertMatchesRegularExpression('{^sitelock: the PHP extension sitelock is not loaded in /\S+ \(PHP \d.*\): (there is no /\S+/sitelock.so; build and install it|put the line extension=sitelock into /)}', $result->errors);
    }

    public function testWithoutPcntl(): void
    {
        $words = [...explode(' ', getenv('PHP')), '-d', 'disable_functions=pcntl_exec', getenv('PHAR'), 'run', $this->path, '--', 'true'];
        $result = $this->startWords($words)->wait();
        $this->assertSame(ExitCode::UNAVAILABLE, $result->status);
        $this->assertStringStartsWith('sitelock: the PHP extension pcntl is not loaded, or a function of it is disabled in /', $result->errors);
    }

    public function testOpenBasedir(): void
    {
        $words = [...explode(' ', getenv('PHP')), '-d', "open_basedir=$this->folder:" . dirname(getenv('PHAR')), '-d', 'extension=' . getenv('MODULE'), getenv('PHAR')];
        $result = $this->startWords([...$words, 'run', $this->path, '--', 'true'])->wait();
        $this->assertSame(ExitCode::UNAVAILABLE, $result->status);
        $this->assertMatchesRegularExpression('/^sitelock: open_basedir is set in .*\n$/', $result->errors);
    }

    public function testCompletion(): void
    {
        $script = $this->sitelock('completion', 'bash');
        $this->assertSame([0, ''], [$script->status, $script->errors]);
        $this->assertStringContainsString('complete -F _sf_', $script->output);
        $version = preg_match('/"-S([\d.]+)"/', $script->output, $match) ? $match[1] : '';
        $completed = $this->sitelock('_complete', '--no-interaction', '-sbash', '-c1', "-S$version", '-isitelock', '-ista')->output;
        $this->assertStringContainsString("status\n", $completed);
    }

    public function testAbbreviationsAndOptionsInAnyPlace(): void
    {
        $this->assertSame(0, $this->sitelock('stat', $this->path)->status);
        $this->assertSame("ran\n", $this->sitelock('run', $this->path, '--shared', '--', 'echo', 'ran')->output);
        $this->assertSame("ran\n", $this->sitelock('--no-ansi', 'run', '-v', $this->path, '--', 'echo', 'ran')->output);
        $this->assertSame("-v\n", $this->sitelock('-q', 'run', $this->path, '--', 'echo', '-v')->output, 'the command is not silenced');
    }
}
