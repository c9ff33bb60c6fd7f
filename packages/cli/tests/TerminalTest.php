<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

/** In a pseudo-terminal: keys, job control, the live line, questions. */
final class TerminalTest extends CommandTestCase
{
    private Terminal $terminal;

    protected function setUp(): void
    {
        parent::setUp();
        // So that what is typed is short.
        file_put_contents("$this->folder/sl", "#!/bin/sh\nexec " . implode(' ', array_map('escapeshellarg', self::words())) . ' "$@"' . "\n");
        chmod("$this->folder/sl", 0755);
    }

    protected function tearDown(): void
    {
        $this->terminal->close();
        parent::tearDown();
    }

    /** With a shell, whose prompt tells the last exit status. */
    private function shell(): Terminal
    {
        $this->terminal = new Terminal($this->folder, ['env', '-i', 'PATH=' . getenv('PATH'), 'TERM=screen', 'PS1=[$?] ', 'bash', '--norc', '--noprofile']);
        $this->terminal->waitFor('/^\[0\]/');
        return $this->terminal;
    }

    public function testTheCommandHasTheTerminal(): void
    {
        $terminal = $this->shell();
        $terminal->type('./sl run L -- sh -c "stty size; read x; echo got \$x"');
        $terminal->waitFor('/^24 160$/m');
        $terminal->type('words');
        $terminal->waitFor('/^got words\n\[0\]/m');
    }

    public function testCtrlCReachesTheCommandOnce(): void
    {
        $terminal = $this->shell();
        $terminal->type('./sl run L -- bash -c \'n=0; trap "n=\$((n+1)); echo interrupt \$n" INT; echo up; while :; do read -t 0.05 x <> <(:); [ $n = 0 ] || sleep 0.3; [ $n = 0 ] || break; done; exit 6\'');
        $terminal->waitFor('/^up$/m');
        $terminal->press('C-c');
        $screen = $terminal->waitFor('/^\[6\]/m');
        $this->assertStringContainsString('interrupt 1', $screen);
        $this->assertStringNotContainsString('interrupt 2', $screen);
    }

    public function testCtrlCEndsAScriptThatWaitsForUs(): void
    {
        file_put_contents("$this->folder/script", "./sl run L -- sh -c 'echo up; exec sleep 60'\necho goes on\n");
        $terminal = $this->shell();
        $terminal->type('bash script');
        $terminal->waitFor('/^up$/m');
        $terminal->press('C-c');
        $this->assertStringNotContainsString('goes on', $terminal->waitFor('/^\[130\]/m'));
    }

    public function testCtrlCWhileWaitingTakesTheLiveLineAway(): void
    {
        $this->holder();
        $terminal = $this->shell();
        $terminal->type("./sl run --wait=90 $this->path -- echo ran");
        $terminal->waitFor('/^waiting 0:00 of 1:30, until \d\d:\d\d:\d\d, for .*site.lock, locked by pid \d+/m');
        $terminal->press('C-c');
        $screen = $terminal->waitFor('/^\[130\]/m');
        $this->assertStringNotContainsString('waiting', $screen);
        $this->assertDoesNotMatchRegularExpression('/^ran/m', $screen);
    }

    public function testTheLiveLineChangesFitsAndDisappears(): void
    {
        $holder = $this->holder('--label=' . str_repeat('long ', 30), $this->path);
        $terminal = $this->shell();
        $terminal->type("./sl run --wait=forever $this->path -- echo ran");
        $terminal->waitFor('/^waiting 0:00, for /m');
        $screen = $terminal->waitFor('/^waiting 0:0[1-9], for /m');
        $this->assertSame(1, substr_count($screen, 'waiting'), 'it changes in place, and no line is left above it');
        $holder->wait();
        $this->assertStringNotContainsString('waiting', $terminal->waitFor('/^ran\n\[0\]/m'));
    }

    public function testTheLiveLineOfWait(): void
    {
        $holder = $this->holder();
        $terminal = $this->shell();
        $terminal->type("./sl wait $this->path");
        $terminal->waitFor('/^waiting 0:0\d, for .*site.lock, locked by pid \d+/m');
        $holder->wait();
        $this->assertStringNotContainsString('waiting', $terminal->waitFor('/^\[0\].*\n\[0\]/m'));
    }

    public function testCtrlZStopsBothAndFgGoesOn(): void
    {
        $terminal = $this->shell();
        $terminal->type("./sl run $this->path -- sh -c 'echo up; read x; echo got \$x'");
        $terminal->waitFor('/^up$/m');
        $terminal->press('C-z');
        $terminal->waitFor('/Stopped/');
        $this->assertFalse(self::isFree($this->path));
        $terminal->type('fg');
        $terminal->type('words');
        $terminal->waitFor('/^got words\n\[0\]/m');
        $this->assertTrue(self::isFree($this->path));
    }

    public function testCtrlZWhileWaiting(): void
    {
        $holder = $this->holder();
        $terminal = $this->shell();
        $terminal->type("./sl run --wait=forever $this->path -- echo ran");
        $terminal->waitFor('/^waiting /m');
        $terminal->press('C-z');
        $terminal->waitFor('/Stopped/');
        $terminal->type('fg');
        $terminal->waitFor('/waiting 0:0[1-9]/');
        $holder->wait();
        $terminal->waitFor('/^ran\n\[0\]/m');
    }

    public function testAWindowThatIsClosed(): void
    {
        $this->terminal = new Terminal($this->folder, ["$this->folder/sl", 'run', $this->path, '--', 'sh', '-c', 'trap "echo hung up >>heard; exit 1" HUP; echo up; while :; do sleep 0.02; done']);
        $this->terminal->waitFor('/^up$/m');
        $this->terminal->close();
        self::until(function (): bool {
            return is_file("$this->folder/heard") && self::isFree($this->path);
        }, 'the command hears of it, and the lock is free');
        $this->assertSame("hung up\n", file_get_contents("$this->folder/heard"), 'once');
    }

    public function testAShellUnderTheLockHasJobControl(): void
    {
        $terminal = $this->shell();
        $terminal->type("PS1='under \$? ' ./sl run $this->path -- bash --norc --noprofile");
        $terminal->waitFor('/^under 0/m');
        $terminal->type("sh -c 'echo up; exec sleep 60'");
        $terminal->waitFor('/^up$/m');
        $terminal->press('C-c');
        $terminal->waitFor('/^under 130/m');
        $this->assertFalse(self::isFree($this->path));
        $terminal->type('exit 9');
        $terminal->waitFor('/^\[9\]/m');
    }

    /** Where else it would be lost: the terminal says it to a group in which the command is not. */
    public function testCtrlCReachesACommandInAnotherSession(): void
    {
        $terminal = $this->shell();
        $terminal->type("./sl run $this->path -- setsid sh -c 'echo up; exec sleep 60'");
        $terminal->waitFor('/^up$/m');
        $terminal->press('C-c');
        $terminal->waitFor('/^\[130\]/m');
        $this->assertTrue(self::isFree($this->path));
    }
}
