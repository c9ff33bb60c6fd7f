<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** What somebody is told who does not get a lock, and what he gets nevertheless. */
final class BusyTest extends HostTestCase
{
    public function testRefusalNamesPidCommandAndAge(): void
    {
        $backup = $this->worker('site backup one.test');
        foreach (['site backup one.test', 'site restore one.test', 'site update one.test --proxy-cache=on', 'site reload one.test'] as $words) {
            $this->assertEnded(75, $this->ee($words), self::refusal('one.test', $backup, 'ee site backup one.test'));
        }
        $this->assertEnded(0, $backup->tell('go'));
    }

    /** @dataProvider names */
    public function testAllNamesOfASiteAreOneLock(string $words, string $folder): void
    {
        $update = $this->worker('site update one.test --proxy-cache=on');
        $this->assertEnded(75, $this->ee($words, [], strtr($folder, ['ROOT' => $this->root])), '/^Error: one\.test is locked/');
        $this->assertSame(['one.test' => $update->pid], $this->holders());
    }

    public function names(): array
    {
        return [
            ['site backup https://one.test/', '/'],
            ['site backup one.test//', '/'],
            ['site backup', 'ROOT/sites/one.test/app/htdocs'],
            ['site reload', 'ROOT/sites/one.test'],
        ];
    }

    public function testOtherSiteIsFree(): void
    {
        $this->worker('site backup one.test');
        $this->assertEnded(0, $this->ee('site update two.test --proxy-cache=on'));
        $this->assertEnded(0, $this->ee('site reload two.test'));
    }

    public function testOneBackupAtATime(): void
    {
        $backup = $this->worker('site backup one.test');
        $this->assertEnded(75, $this->ee('site backup two.test'), "/^Error: Backups are locked by pid $backup->pid \\(\"ee site backup one\\.test\"\\) for/");
        $this->assertEnded(0, $backup->tell('go'));
        $this->assertEnded(0, $this->ee('site backup two.test'));
    }

    public function testBackupsOfAllSitesAtOnceIfThatIsWanted(): void
    {
        $this->config(['sitelock-global' => 'none']);
        $one = $this->worker('site backup one.test');
        $two = $this->worker('site backup two.test');
        $this->assertSame(['one.test' => $one->pid, 'two.test' => $two->pid], $this->holders());
        $this->assertEnded(75, $this->ee('site backup one.test'), '/^Error: one\.test is locked/');
    }

    public function testTheEnvironmentIsAskedBeforeTheConfig(): void
    {
        $this->worker('site backup one.test');
        $this->config(['sitelock-global' => 'none']);
        $this->assertEnded(75, $this->ee('site backup two.test', ['EE_SITELOCK_GLOBAL' => 'one']), '/^Error: Backups are locked/');
    }

    /** @dataProvider nonsense */
    public function testNonsenseInTheSettingsIsAnError(string $variable, string $value): void
    {
        $this->assertEnded(64, $this->ee('site backup one.test', [$variable => $value]), "/must be .* is \"$value\"/");
        $this->assertSame([], $this->holders());
    }

    public function nonsense(): array
    {
        return [['EE_SITELOCK_WAIT', 'soon'], ['EE_SITELOCK_WAIT', '-1'], ['EE_SITELOCK_GLOBAL', '2']];
    }

    public function testBothSitesOfACopyAreTakenOrNone(): void
    {
        $reload = $this->worker('site restore blog.test');
        $this->assertEnded(75, $this->ee('site sync copy.test blog.test --files'), '/^Error: blog\.test is locked/');
        $this->assertSame(['blog.test' => $reload->pid], $this->holders());
    }

    public function testThereAndBackAtOnceOneOfThemRuns(): void
    {
        for ($round = 0; $round < 10; $round++) {
            $pair = [$this->start('site sync blog.test copy.test --files'), $this->start('site sync copy.test blog.test --files')];
            $statuses = [$pair[0]->wait()->status, $pair[1]->wait()->status];
            $this->assertContains(0, $statuses);
            $this->assertSame([], array_diff($statuses, [0, 75]));
        }
    }

    public function testSecretsOfTheCommandLineAreNotShownAndANewNameIsWrittenAsEasyEngineDoes(): void
    {
        $hook = 'before_invoke:site create';
        $create = $this->startCommand($this->command('--replay ' . escapeshellarg(json_encode(['calls' => [
            [$hook, ['Third.Test/'], ['admin-pass' => 'secret', 'force' => true, 'proxy-cache' => false, 'php' => '8.3']],
        ]]))), [$hook])->at($hook);
        $this->assertSame('ee site create Third.Test/ --admin-pass=... --force --no-proxy-cache --php=8.3', $this->lock('third.test')->getHolders()[0]->getLabel());
        $this->assertEnded(0, $create->tell('go'));
    }

    public function testANameCannotLeadOutOfTheFolderOfTheLocks(): void
    {
        $hook = 'before_invoke:site create';
        $call = json_encode(['calls' => [[$hook, ['a/../../b.test'], []]]]);
        $create = $this->startCommand($this->command('--replay ' . escapeshellarg($call)), [$hook])->at($hook);
        $this->assertSame(['a%2F..%2F..%2Fb.test' => $create->pid], $this->holders());
        $this->assertEnded(0, $create->tell('go'));
    }

    public function testHolderThatIsNoEeIsShownByItsCommand(): void
    {
        mkdir("$this->root/locks/sites", 0700, true);
        $flock = $this->startCommand("flock --no-fork $this->root/locks/sites/one.test.lock sh -c 'echo up; read x'");
        $flock->until('/^up$/m');
        $this->assertEnded(75, $this->ee('site reload one.test'), "/^Error: one\\.test is locked by pid $flock->pid \\(\"sh -c echo up; read x\"\\); try/");
    }
}
