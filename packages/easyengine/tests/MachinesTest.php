<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

use Sitelock\Symfony\Tests\Servers;

/**
 * The lock of all backups of several machines, on a real server.
 *
 * @group servers
 */
final class MachinesTest extends HostTestCase
{
    private const BACKUP = 'before_invoke:site backup';

    private string $there;
    private string $address;

    protected function setUp(): void
    {
        parent::setUp();
        Servers::postgreSql()->start();
        $this->address = Servers::postgreSql()->address(basename($this->root) . '/sites/backups'); // which is no site
        $this->there = "$this->root/there";
        mkdir($this->there);
        exec("cp -r $this->root/.backup $this->root/*.json $this->root/sites $this->there");
    }

    protected function command(string $words, bool $extension = true): string
    {
        return getenv('PHP') . ' -d extension=pdo -d extension=pdo_pgsql ' . substr(parent::command($words, $extension), strlen(getenv('PHP')));
    }

    /** @param array<string, string> $environment */
    private function on(string $machine, string $words, array $environment = []): Running
    {
        $environment += ['EE_ROOT_DIR' => $machine, 'EE_VENDOR' => getenv('VENDOR'), 'EE_SITELOCK_GLOBAL' => $this->address];
        return $this->start($words, [self::BACKUP], $environment);
    }

    public function testOneBackupAtATimeOnAllOfThem(): void
    {
        $here = $this->on($this->root, 'site backup one.test')->at(self::BACKUP);
        $busy = '\(' . preg_quote((string) gethostname()) . ", pid $here->pid there, ee site backup one\\.test\\) for \\d+ s, exclusive";
        foreach (['one', 'two'] as $site) {
            $this->assertEnded(75, $this->on($this->there, "site backup $site.test"), "/^Error: Backups are locked by .*$busy; try again/m");
        }
        $this->assertEnded(0, $this->on($this->there, 'lock status'), "/^\\(all backups\\)\theld\t.*$busy$/m", '/^one\.test\tfree\t$/m');
        $this->assertEnded(0, $this->on($this->there, 'site reload one.test'));
        $this->assertEnded(75, $this->on($this->root, 'site reload one.test'), '/^Error: one\.test is locked by pid/');

        $there = $this->on($this->there, 'site backup two.test', ['EE_SITELOCK_WAIT' => '600']);
        $there->until("/^Waiting \\(0 of 600 s\\) for .*$busy$/m");
        $here->kill()->wait();
        $there->at(self::BACKUP);
        $this->assertEnded(0, $there->tell('go'));
        $this->assertEnded(0, $this->on($this->there, 'lock status'), "/^\\(all backups\\)\tfree\t$/m");
    }

    /** @dataProvider ends */
    public function testLossIsTold(string $order, int $status, string $sentence): void
    {
        $backup = $this->on($this->root, 'site backup one.test')->at(self::BACKUP);
        Servers::postgreSql()->kill();
        Servers::postgreSql()->start();
        $this->assertEnded($status, $backup->tell($order), "{^$sentence: " . preg_quote($this->address) . ' was lost while this command had it, so another one}m');
        $this->assertSame(1, substr_count($backup->output, 'was lost'));
    }

    public function ends(): array
    {
        return [['go', 74, 'Error'], ['error 1', 1, 'Warning']];
    }

    public function testServerThatIsAwayIsNoBusyLock(): void
    {
        Servers::postgreSql()->kill();
        $this->assertEnded(71, $this->on($this->root, 'site backup one.test'), '{^Error: Cannot lock one\.test, so nothing was done: ' . preg_quote($this->address) . ': .*refused}');
        $this->assertEnded(0, $this->on($this->root, 'lock status'), "/^\\(all backups\\)\terror\t/m");
        $this->assertEnded(0, $this->on($this->root, 'site reload one.test'));
        $this->assertSame([], $this->holders());
    }

    public function testWhatIsNoAddressIsAnErrorAndASecretIsNotRepeated(): void
    {
        $refused = $this->on($this->root, 'site backup one.test', ['EE_SITELOCK_GLOBAL' => 'postgresql://ee:secret@localhost/locks']);
        $this->assertEnded(64, $refused, '/^Error: sitelock-global is no address of a lock: a lock of an engine is written as /');
        $this->assertStringNotContainsString('secret', $refused->output);
    }

    public function testEngineThatDoesNotTellWhoHasALock(): void
    {
        $engine = ['EE_SITELOCK_GLOBAL' => "flock://$this->root#backups"];
        $this->on($this->root, 'site backup one.test', $engine)->at(self::BACKUP);
        $this->assertEnded(75, $this->on($this->there, 'site backup two.test', $engine), '/^Error: Backups are locked by a process that cannot be seen from here/');
    }
}
