<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** Each command, as a real EasyEngine was seen to call its hooks: what it locks, and that it gives it back. */
final class RecordingsTest extends HostTestCase
{
    private const WRITERS = [
        'site backup one.test' => ['backup', 'one.test'],
        'site backup https://one.test/' => ['backup', 'one.test'],
        'site backup one.test//' => ['backup', 'one.test'],
        'site backup' => ['backup', 'one.test'],
        'site backup --no-list one.test' => ['backup', 'one.test'],
        'site backup one.test --list=0' => ['backup', 'one.test'],
        'site backup blog.test' => ['backup', 'blog.test'],
        'site restore one.test' => ['one.test'],
        'site restore blog.test' => ['blog.test'],
        'site update one.test --proxy-cache=on' => ['one.test'],
        'site reload one.test' => ['one.test'],
        'site reload' => ['one.test'],
        '--debug --skip-tty site reload one.test' => ['one.test'],
        'site refresh one.test' => ['one.test'],
        'site restart one.test' => ['one.test'],
        'site clean one.test' => ['one.test'],
        'site disable one.test' => ['one.test'],
        'site enable one.test' => ['one.test'],
        'site ssl one.test' => ['one.test'],
        'site ssl-renew one.test' => ['one.test'],
        'site ssl-renew one.test --force' => ['one.test'],
        'site create third.test --type=html --skip-status-check' => ['third.test'],
        'site clone blog.test new.test' => ['blog.test', 'new.test'],
        'site clone blog.test/ other.test/' => ['blog.test', 'other.test'],
        'site sync blog.test copy.test --files' => ['blog.test', 'copy.test'],
        'site sync root@localhost:blog.test copy.test --files' => ['blog.test', 'copy.test'],
        'site sync root@localhost:blog.test . --files' => ['blog.test'],
        'admin-tools enable blog.test' => ['blog.test'],
        'admin-tools disable blog.test' => ['blog.test'],
        'mailhog enable blog.test' => ['blog.test'],
        'mailhog disable blog.test' => ['blog.test'],
    ];

    private const READERS = ['site backup --list one.test', 'site info one.test', 'site list'];

    /** @dataProvider writers */
    public function testWriterLocks(string $words, array $locks): void
    {
        $recording = self::recording($words);
        $hook = $recording['calls'][strpos($recording['calls'][0][0], ' ') === false && isset($recording['calls'][2]) ? 2 : 1][0];
        $folder = strpos($recording['folder'], 'one.test') !== false ? "$this->root/sites/one.test/app/htdocs" : '/';
        $worker = $this->start($words, [$hook], [], $folder)->at($hook);
        $this->assertSame(array_fill_keys($locks, $worker->pid), $this->holders());
        $this->assertEnded($recording['status'], $worker->tell('go'));
        $this->assertSame([], $this->holders());
        $this->assertSame(0700, fileperms("$this->root/locks") & 0777);
    }

    public function writers(): iterable
    {
        foreach (self::WRITERS as $words => $locks) {
            yield $words => [$words, $locks];
        }
    }

    /** @dataProvider readers */
    public function testReaderIsNeverKeptWaiting(string $words): void
    {
        $this->assertEnded(0, $this->ee($words));
        $this->assertDirectoryDoesNotExist("$this->root/locks");
        $this->worker('site backup one.test');
        $this->assertEnded(0, $this->ee($words));
    }

    public function readers(): iterable
    {
        foreach (self::READERS as $words) {
            yield $words => [$words];
        }
    }

    public function testEveryRecordingIsUsed(): void
    {
        foreach (glob(__DIR__ . '/recorded/*.json') as $file) {
            $words = json_decode(file_get_contents($file), true)['ee'];
            $elsewhere = preg_match('/^site (backup|update|reload|ssl-renew) (two|shop)\.test|^site ssl-renew --all|^site sync copy|^site delete|^cron/', $words);
            $this->assertTrue(isset(self::WRITERS[$words]) || in_array($words, self::READERS, true) || $elsewhere, $words);
        }
    }

    public function testReloadInRestorePassesAndReleasesNothing(): void
    {
        $hooks = ['before_invoke:site reload', 'after_invoke:site reload', 'after_invoke:site restore'];
        $restore = $this->start('site restore one.test', $hooks);
        foreach ($hooks as $hook) {
            $restore->at($hook);
            $this->assertSame(['one.test' => $restore->pid], $this->holders(), $hook);
            $restore->tell('go');
        }
        $this->assertEnded(0, $restore);
    }

    public function testCronJobLocksInItsChild(): void
    {
        $hook = 'before_invoke:site reload';
        $cron = $this->start('cron run-now 3', [$hook])->at($hook);
        $this->assertSame(['one.test'], array_keys($this->holders()));
        $this->assertNotSame($cron->pid, $this->holders()['one.test']);
        $this->assertEnded(0, $cron->tell('go'));
    }

    public function testDeletedSiteLeavesNoLock(): void
    {
        $delete = $this->worker('site delete third.test --yes');
        $this->assertSame(['third.test' => $delete->pid], $this->holders());
        $this->assertEnded(0, $delete->tell('go'));
        $this->assertFileDoesNotExist("$this->root/locks/sites/third.test.lock");
    }

    public function testUnknownSiteIsLeftToEasyEngine(): void
    {
        file_put_contents("$this->root/sites.json", '[]');
        $this->worker('site reload one.test');
        $this->assertSame([], $this->holders());
    }

    private static function recording(string $words): array
    {
        foreach (glob(__DIR__ . '/recorded/*.json') as $file) {
            $recording = json_decode(file_get_contents($file), true);
            if ($recording['ee'] === $words) {
                return $recording;
            }
        }
        self::fail("there is no recording of $words");
    }
}
