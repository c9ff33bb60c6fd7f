<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** Where nothing can be locked nothing is done, and that is neither "busy" nor "locked". */
final class NoLockTest extends HostTestCase
{
    private const REMEDY = '{(Put the line extension=sitelock into|There is no) /}';

    /** @dataProvider writers */
    public function testWithoutTheExtensionNothingIsChanged(string $words): void
    {
        $this->sites(['one.test' => ['le', true, false]]);
        $refused = $this->startCommand($this->command($words, false), ['before_invoke:site backup', 'before_invoke:site ssl-renew'])->wait();
        $this->assertEnded(69, $refused, '/^Error: ee .* was not run, because it cannot lock anything: the PHP extension sitelock is not loaded in .*PHP \d/', self::REMEDY);
        $this->assertStringNotContainsString('at ', substr($refused->output, 0, 3));
        $this->assertDirectoryDoesNotExist("$this->root/locks");
    }

    public function writers(): array
    {
        return [['site backup one.test'], ['site restore one.test'], ['site ssl-renew one.test'], ['site ssl-renew --all'], ['lock status'], ['lock break one.test']];
    }

    public function testWithoutTheExtensionReadersWork(): void
    {
        foreach (['site list', 'site info one.test', 'site backup --list one.test'] as $words) {
            $this->assertEnded(0, $this->startCommand($this->command($words, false)));
        }
    }

    public function testWithoutThePackageForLocksThatMachinesShare(): void
    {
        $refused = $this->ee('site backup one.test', ['EE_SITELOCK_GLOBAL' => 'postgresql://ee:secret@localhost/locks#backups']);
        $this->assertEnded(69, $refused, '/^Error: sitelock-global is the address of a lock, which needs the package sitelock.symfony-lock; nothing was done\..*composer require/');
        $this->assertStringNotContainsString('secret', $refused->output);
        $this->assertSame([], $this->holders());
    }

    public function testSymbolicLink(): void
    {
        mkdir("$this->root/locks/sites", 0700, true);
        symlink("$this->root/nowhere", "$this->root/locks/sites/one.test.lock");
        $this->assertRefused('symbolic link');
        $this->assertFileDoesNotExist("$this->root/nowhere");
        $this->assertEnded(0, $this->ee('lock status'), '/^one\.test\terror\t/m');
    }

    public function testFolderThatCannotBeMade(): void
    {
        touch("$this->root/locks");
        $this->assertEnded(71, $this->ee('site reload one.test'), '/^Error: Cannot make the folder .*locks.sites for the locks, so nothing was done: /');
    }

    /** @dataProvider fileSystems */
    public function testFileSystemThatCannotBeWritten(string $mount, string $error): void
    {
        mkdir("$this->root/locks");
        exec(strtr($mount, ['LOCKS' => escapeshellarg("$this->root/locks")]) . ' 2>&1', $output, $status);
        try {
            $this->assertSame(0, $status, implode("\n", $output));
            $this->assertRefused($error);
        } finally {
            exec('umount ' . escapeshellarg("$this->root/locks"));
        }
    }

    public function fileSystems(): array
    {
        return [
            'read-only' => ['mount -t tmpfs tmpfs LOCKS && mkdir LOCKS/sites && mount -o remount,ro LOCKS', 'Read-only file system'],
            'full' => ['mount -t tmpfs -o size=16k tmpfs LOCKS && mkdir LOCKS/sites && ! cat /dev/zero >LOCKS/sites/full', 'No space left'],
        ];
    }

    private function assertRefused(string $error): void
    {
        $refused = $this->ee('site reload one.test');
        $this->assertEnded(71, $refused, "/^Error: Cannot lock one\\.test, so nothing was done: .*$error/");
    }
}
