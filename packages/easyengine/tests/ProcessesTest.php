<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** Children, forks, and what else is started under a lock. */
final class ProcessesTest extends HostTestCase
{
    public function testChildPassesAndStrangerDoesNot(): void
    {
        $update = $this->worker('site update one.test --proxy-cache=on');
        $update->tell('child site reload one.test')->until('/^child ended with 0$/m');
        $this->assertSame(['one.test' => $update->pid], $this->holders());
        $this->assertEnded(75, $this->ee('site reload one.test'), self::refusal('one.test', $update, 'ee site update one.test --proxy-cache=on'));
        $this->assertEnded(0, $update->tell('go'));
    }

    public function testChildLocksWhatItsParentHasNot(): void
    {
        $backup = $this->worker('site backup two.test');
        $update = $this->worker('site update one.test --proxy-cache=on');
        $update->tell('child site reload two.test')->until('/^child ended with 75$/m');
        $this->assertEnded(0, $backup->tell('go'));
        $update->tell('child site reload two.test')->until('/^child ended with 0$/m');
    }

    public function testForkThatEndsFreesNothing(): void
    {
        $update = $this->worker('site update one.test --proxy-cache=on');
        $update->tell('fork ends')->until('/^forked/m');
        $this->assertSame(['one.test' => $update->pid], $this->holders());
        $this->assertEnded(0, $update->tell('go'));
        $this->assertStringNotContainsString('Warning', $update->output);
        $this->assertQuiet('one.test');
    }

    public function testForkThatStaysKeepsNothing(): void
    {
        $update = $this->worker('site update one.test --proxy-cache=on');
        $fork = (int) $update->tell('fork stays')->until('/^forked (\d+)$/m');
        $update->kill()->wait();
        $this->assertTrue(posix_kill($fork, 0));
        $this->assertSame([], $this->holders());
        $this->assertEnded(0, $this->ee('site reload one.test'), '/killed or crashed/');
        posix_kill($fork, SIGKILL);
    }

    public function testProgramsDoNotHaveTheDescriptor(): void
    {
        $backup = $this->worker('site backup one.test');
        $open = array_map('readlink', glob('/proc/' . $this->orphan($backup) . '/fd/*'));
        $this->assertSame([], preg_grep('{/locks/}', $open));
        $this->assertNotSame([], preg_grep('{/backup-global\.lock$}', $open), 'the control: opened with "c+"');
    }

    /** @dataProvider robbers */
    public function testOwnerIsToldThatTheFileWasTakenAway(string $how): void
    {
        $file = "$this->root/locks/sites/one.test.lock";
        $backup = $this->worker('site backup one.test');
        unlink($file);
        if ($how === 'replaced') {
            touch($file);
            chmod($file, 0600);
        }
        $this->assertEnded(0, $this->ee('site reload one.test'));
        $this->assertEnded(74, $backup->tell('go'), "{^Error: $file was removed or replaced while this command had the lock on it}m");
        $this->assertSame(1, substr_count($backup->output, 'removed or replaced'));
    }

    public function robbers(): array
    {
        return [['removed'], ['replaced']];
    }

    public function testOwnerWhoFailsIsToldAsWell(): void
    {
        $backup = $this->worker('site backup one.test');
        unlink("$this->root/locks/sites/one.test.lock");
        $this->assertEnded(1, $backup->tell('error 1'), '/^Warning: .* was removed or replaced/m');
    }

    public function testWaiterMovesOnToTheNewFile(): void
    {
        $backup = $this->worker('site backup one.test');
        $reload = $this->start('site reload one.test', ['before_invoke:site reload'], ['EE_SITELOCK_WAIT' => '600']);
        $reload->until('/^Waiting/m');
        unlink("$this->root/locks/sites/one.test.lock");
        $reload->at('before_invoke:site reload');
        $this->assertSame($reload->pid, $this->holders()['one.test']);
        $this->assertEnded(74, $backup->tell('go'));
    }
}
