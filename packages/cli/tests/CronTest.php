<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use Sitelock\Cli\ExitCode;

/** Without a terminal, without a session, without standard streams. */
final class CronTest extends CommandTestCase
{
    public function testABareEnvironment(): void
    {
        $result = $this->startIn('exec env -i PATH="$PATH" HOME=/ setsid -w "$@" </dev/null', 'run', $this->path, '--', 'sh', '-c', 'echo ran; exit 4')->wait();
        $this->assertSame([4, "ran\n", ''], [$result->status, $result->output, $result->errors]);
    }

    /** @return string[][] */
    public function closed(): array
    {
        return [['<&-'], ['>&-'], ['2>&-'], ['<&- >&-'], ['<&- 2>&-'], ['>&- 2>&-'], ['<&- >&- 2>&-']];
    }

    /** @dataProvider closed */
    public function testClosedStandardStreams(string $closed): void
    {
        $this->sitelock('run', $this->path, '--', 'false'); // so that there is something to say
        $list = 'ls -l /proc/self/fd >list 2>ls.errors; echo output; echo error >&2; exit 4';
        $running = $this->startIn("\"\$@\" $closed; echo \$? >status", 'run', $this->path, '--', 'sh', '-c', $list);
        $running->wait();
        $this->assertSame("4\n", file_get_contents("$this->folder/status"));
        $this->assertStringStartsWith('sitelock 1 failed ', file_get_contents($this->path), 'nothing was written into the lock file');

        preg_match_all('/ (\d+) -> (.*)$/m', file_get_contents("$this->folder/list"), $match);
        $targets = array_combine($match[1], $match[2]);
        foreach (['<' => 0, '>' => 1, '2' => 2] as $sign => $number) {
            $is = strpos(" $closed", " $sign") !== false;
            $mine = $number === 1 ? 'list' : ($number === 2 ? 'ls.errors' : null);
            if ($is && $mine === null) {
                $this->assertSame('/dev/null', $targets[$number]);
            }
        }
        $this->assertContains($this->path, $targets, 'the command has the lock');
    }

    /** @dataProvider closed */
    public function testACommandThatCannotBeStartedWithClosedStandardStreams(string $closed): void
    {
        file_put_contents("$this->folder/script", "#!/no/such/interpreter\n");
        chmod("$this->folder/script", 0755);
        $this->startIn("\"\$@\" $closed; echo \$? >status", 'run', $this->path, '--', './script')->wait();
        $this->assertSame(ExitCode::NOT_FOUND . "\n", file_get_contents("$this->folder/status"));
    }

    public function testTheCommandFindsDevNullWhereNothingWas(): void
    {
        $this->startIn('"$@" <&- >&- 2>&-', 'run', $this->path, '--', 'sh', '-c', 'all=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo "$all" >>found')->wait();
        $this->assertSame("/dev/null\n/dev/null\n/dev/null\n", file_get_contents("$this->folder/found"));
    }

    public function testOtherDescriptorsOfTheCallerAreTheCommands(): void
    {
        $this->startIn('exec 7>seven; exec "$@"', 'run', $this->path, '--', 'sh', '-c', 'echo here >&7')->wait();
        $this->assertSame("here\n", file_get_contents("$this->folder/seven"));
    }

    public function testWaitingSaysOneLine(): void
    {
        $holder = $this->holder();
        $waiter = $this->start('run', '--wait=forever', $this->path, '--', 'true');
        $waiter->line(2);
        // Longer than the time in which a terminal would get a new line.
        $start = microtime(true);
        self::until(static function () use ($start): bool {
            return microtime(true) - $start > 1.3;
        }, 'time passes');
        $holder->wait();
        $this->assertSame('', $waiter->wait()->errors);
    }

    public function testACommandThatBecomesADaemon(): void
    {
        $result = $this->sitelock('run', $this->path, '--', 'sh', '-c', 'setsid sh -c "echo \$\$ >daemon; exec sleep 60" >/dev/null 2>&1 & while ! [ -s daemon ]; do sleep 0.01; done');
        $this->assertSame(0, $result->status);
        $this->assertTrue(self::isAlive((int) file_get_contents("$this->folder/daemon")));
        $this->assertSame(0, $this->sitelock('run', $this->path, '--', 'true')->status);
    }

    public function testAFolderThatIsGone(): void
    {
        mkdir("$this->folder/gone");
        $result = $this->startIn('cd gone; rmdir ../gone; exec "$@"', 'run', $this->path, '--', 'echo', 'ran')->wait();
        $this->assertSame("ran\n", $result->output);
        mkdir("$this->folder/gone");
        $result = $this->startIn('cd gone; rmdir ../gone; exec "$@"', 'run', 'relative', '--', 'echo', 'ran')->wait();
        $this->assertContains($result->status, [ExitCode::USAGE, ExitCode::SYSTEM]);
        $this->assertSame('', $result->output);
    }
}
