<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** Commands that may wait, and what ends it. */
final class WaitingTest extends HostTestCase
{
    private const PATIENT = ['EE_SITELOCK_WAIT' => '600'];

    public function testGetsItsTurnWhenTheHolderEnds(): void
    {
        $backup = $this->worker('site backup one.test');
        $reload = $this->start('site reload one.test', [], self::PATIENT);
        $reload->until("/^Waiting \\(0 of 600 s\\) for pid $backup->pid \\(\"ee site backup one\\.test\"\\) for \\d+ s$/m");
        $this->assertEnded(0, $backup->tell('go'));
        $this->assertEnded(0, $reload);
    }

    public function testGetsItsTurnWhenTheHolderIsKilled(): void
    {
        $backup = $this->worker('site backup one.test');
        $restore = $this->start('site restore one.test', [], self::PATIENT);
        $restore->until('/^Waiting/m');
        $backup->kill();
        $this->assertEnded(0, $restore, '/did not end well: killed or crashed/');
    }

    public function testTheConfigSaysHowLong(): void
    {
        $this->config(['sitelock-wait' => 0.2]);
        $this->worker('site backup one.test');
        $this->assertEnded(75, $this->ee('site reload one.test'), '/^Waiting/', '/^Error: one\.test is locked/m');
        $this->config(['sitelock-wait' => 600]);
        $this->assertEnded(75, $this->ee('site reload one.test', ['EE_SITELOCK_WAIT' => '0']), '/^Error: one\.test is locked/');
    }

    public function testBackupWaitsForThatOfAnotherSite(): void
    {
        $one = $this->worker('site backup one.test');
        $two = $this->start('site backup two.test', ['before_invoke:site backup'], self::PATIENT);
        $two->until("/^Waiting .* for pid $one->pid /m");
        $this->assertSame($one->pid, $this->holders()['backup']);
        $one->tell('go');
        $this->assertSame(['backup' => $two->pid, 'two.test' => $two->pid], [$two->at('before_invoke:site backup'), $this->holders()][1]);
    }

    public function testThereAndBackAtOnceBothRun(): void
    {
        $pair = [];
        for ($i = 0; $i < 3; $i++) {
            $pair[] = $this->start('site sync blog.test copy.test --files', [], self::PATIENT);
            $pair[] = $this->start('site sync copy.test blog.test --files', [], self::PATIENT);
        }
        foreach ($pair as $sync) {
            $this->assertEnded(0, $sync);
        }
    }

    /** @dataProvider signals */
    public function testSignalEndsTheWait(int $signal): void
    {
        $backup = $this->worker('site backup one.test');
        $reload = $this->start('site reload one.test', [], self::PATIENT);
        $reload->until('/^Waiting/m');
        $this->assertEnded(128 + $signal, $reload->kill($signal));
        $this->assertSame(['backup' => $backup->pid, 'one.test' => $backup->pid], $this->holders());
        $this->assertEnded(0, $backup->tell('go'));
        $this->assertQuiet('one.test');
    }

    /** @dataProvider signals */
    public function testSignalEndsTheWaitWhenEasyEngineHasHandlers(int $signal): void
    {
        $backup = $this->worker('site backup one.test');
        $update = $this->start('site update two.test --proxy-cache=on', ['before_invoke:site update'], self::PATIENT)->at('before_invoke:site update');
        $update->tell('handlers')->tell('then before_invoke:site reload one.test')->until('/^Waiting/m');
        $start = microtime(true);
        $this->assertEnded(128 + $signal, $update->kill($signal), '/^Error: Stopped while it waited for its turn; nothing was done\.$/m');
        $this->assertLessThan(0.9, microtime(true) - $start, 'it heard of it when it looked around, once a second');
        $this->assertEnded(0, $backup->tell('go'));
        $this->assertQuiet('one.test');
    }

    public function signals(): array
    {
        return ['SIGTERM' => [SIGTERM], 'SIGINT' => [SIGINT], 'SIGHUP' => [SIGHUP]];
    }

    public function testHandlersAreAsTheyWereAfterTheWait(): void
    {
        $backup = $this->worker('site backup one.test');
        $update = $this->start('site update two.test --proxy-cache=on', ['before_invoke:site update'], self::PATIENT)->at('before_invoke:site update');
        $update->tell('handlers')->tell('then before_invoke:site reload one.test')->until('/^Waiting/m');
        $this->assertEnded(0, $backup->tell('go'));
        $update->tell('dispatch')->until('/^dispatched without async signals$/m');
        $update->kill(SIGTERM)->tell('dispatch')->until('/^its own handler$/m');
        $this->assertEnded(0, $update->tell('go'));
    }

    public function testNohupIsHeeded(): void
    {
        $backup = $this->worker('site backup one.test');
        $reload = $this->startCommand('sh -c ' . escapeshellarg('trap "" HUP; exec ' . $this->command('site reload one.test')), [], self::PATIENT);
        $reload->until('/^Waiting/m');
        $reload->kill(SIGHUP);
        $this->assertEnded(0, $backup->tell('go'));
        $this->assertEnded(0, $reload);
    }

    public function testOnATerminalTheLineChangesInPlace(): void
    {
        $backup = $this->worker('site backup one.test');
        $reload = $this->startCommand('script --quiet --return --command ' . escapeshellarg($this->command('site reload one.test')) . ' /dev/null', [], self::PATIENT);
        $reload->until('/\r\e\[KWaiting \(0 of 600 s\) for pid/');
        $reload->until('/\r\e\[KWaiting \(1 of 600 s\) for pid/');
        $backup->tell('go');
        $reload->until('/\r\e\[K$/');
        $this->assertEnded(0, $reload);
    }
}
