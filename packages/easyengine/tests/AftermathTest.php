<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** What becomes of commands that did not end well. */
final class AftermathTest extends HostTestCase
{
    private const BACKUP_KILLED = '/^Warning: "ee site backup one\.test" \(pid \d+, begun [\d: -]+\) did not end well: killed or crashed\.$/m';
    private const RESTORE_KILLED = '/^Warning: "ee site restore one\.test" .* did not end well: killed or crashed\.$/m';
    private const HALF_DONE = '/^Warning: one\.test may be half done\..*ee lock break one\.test$/m';
    private const DISCARDING = '/^Discarding/m';

    /** What a backup leaves that dies in the middle, and EasyEngine's own lock. */
    private function leaveFolder(): string
    {
        $folder = "$this->root/.backup/one.test";
        mkdir("$folder/sql", 0755, true);
        touch("$folder/metadata.json");
        touch("$this->root/.backup/one.test.lock");
        return $folder;
    }

    /** @dataProvider users */
    public function testNextBackupOrRestoreDiscardsAndIsTold(string $words): void
    {
        $this->killed('site backup one.test');
        $folder = $this->leaveFolder();
        $this->assertEnded(0, $this->ee($words), self::BACKUP_KILLED, self::DISCARDING);
        $this->assertDirectoryDoesNotExist($folder);
        $this->assertFileDoesNotExist("$folder.lock");
        $this->assertQuiet('one.test');
    }

    public function users(): array
    {
        return [['site backup one.test'], ['site restore one.test']];
    }

    public function testWhoeverComesBetweenIsToldAndChangesNothingOfThat(): void
    {
        $this->killed('site backup one.test');
        $folder = $this->leaveFolder();
        foreach (['site update one.test --proxy-cache=on', 'site reload one.test'] as $words) {
            $told = $this->ee($words);
            $this->assertEnded(0, $told, self::BACKUP_KILLED);
            $this->assertDoesNotMatchRegularExpression(self::HALF_DONE, $told->output);
            $this->assertDirectoryExists($folder);
        }
        $this->assertEnded(0, $this->ee('site restore one.test'), self::BACKUP_KILLED, self::DISCARDING);
        $this->assertQuiet('one.test');
    }

    public function testWhatCannotBeDiscardedIsToldAgain(): void
    {
        $this->killed('site backup one.test');
        $folder = $this->leaveFolder();
        exec('mount -t tmpfs tmpfs ' . escapeshellarg("$folder/sql"), $output, $status);
        $this->assertSame(0, $status);
        try {
            $this->assertEnded(1, $this->ee('site restore one.test'), self::BACKUP_KILLED, '/^Error: Cannot discard /m');
        } finally {
            exec('umount ' . escapeshellarg("$folder/sql"));
        }
        $this->assertEnded(0, $this->ee('site restore one.test'), self::BACKUP_KILLED, self::DISCARDING);
    }

    public function testFailedBackupIsToldOf(): void
    {
        $this->assertEnded(1, $this->worker('site backup one.test')->tell('error 1'));
        $this->leaveFolder();
        $this->assertEnded(0, $this->ee('site backup one.test'), '/did not end well: exit status 1\./', self::DISCARDING);
        $this->assertQuiet('one.test');
    }

    public function testErrorMessageOfOthersIsToldOfOnce(): void
    {
        $this->assertEnded(1, $this->ee('site clean one.test'), '/as it was recorded/');
        $this->assertEnded(0, $this->ee('site reload one.test'), '/"ee site clean one\.test" .* did not end well: exit status 1\./');
        $this->assertQuiet('one.test');
    }

    public function testFolderOfAPersonIsLeftAlone(): void
    {
        $this->ee('site clean one.test'); // it fails, but not with that folder in its hands
        $folder = $this->leaveFolder();
        $this->assertEnded(0, $this->ee('site restore one.test'), '/"ee site clean one\.test" .* exit status 1/');
        $this->assertDirectoryExists($folder);
    }

    public function testKilledRestoreIsToldUntilOneSucceeds(): void
    {
        $this->killed('site restore one.test');
        $this->leaveFolder();
        $this->assertEnded(0, $this->ee('site reload one.test'), self::RESTORE_KILLED, self::HALF_DONE);
        $this->assertEnded(0, $this->ee('site backup one.test'), self::RESTORE_KILLED, self::HALF_DONE, self::DISCARDING);
        $this->assertEnded(1, $this->worker('site restore one.test')->tell('error 1'), self::RESTORE_KILLED, self::HALF_DONE);
        $this->assertEnded(0, $this->ee('site restore one.test'), self::RESTORE_KILLED, self::HALF_DONE);
        $this->assertQuiet('one.test');
    }

    /** @dataProvider ends */
    public function testNextOneIsToldWhy(string $order, string $end): void
    {
        $this->assertNotSame(0, $this->worker('site update one.test --proxy-cache=on')->tell($order)->wait()->status);
        $this->assertEnded(0, $this->ee('site reload one.test'), "/\"ee site update one\\.test --proxy-cache=on\" .* did not end well: $end\\./");
    }

    public function ends(): array
    {
        return [['throw', 'uncaught RuntimeException'], ['error 3', 'exit status 3']];
    }

    public function testPersonSaysThatAllIsWell(): void
    {
        $this->killed('site restore one.test');
        $folder = $this->leaveFolder();
        $asked = $this->start('lock break one.test');
        $asked->until('/^Have you looked at one\.test/m');
        $this->assertEnded(0, $asked->tell('n'), self::RESTORE_KILLED);
        $this->assertDirectoryExists($folder);
        $this->assertEnded(0, $this->ee('lock break one.test/ --yes'), self::RESTORE_KILLED, '/^Success:/m');
        $this->assertDirectoryDoesNotExist($folder);
        $this->assertQuiet('one.test');
    }

    public function testHeldLockCannotBeBroken(): void
    {
        $backup = $this->worker('site backup one.test');
        $this->assertEnded(75, $this->ee('lock break one.test --yes'), self::refusal('one.test', $backup, 'ee site backup one.test'));
        $this->assertEnded(0, $backup->tell('go'));
    }

    public function testThereIsNothingToBreak(): void
    {
        $this->assertEnded(0, $this->ee('lock break nowhere.test'), '/^Success: Nobody has/');
        $this->assertDirectoryDoesNotExist("$this->root/locks");
    }

    public function testStaleLockOfEasyEngineIsRemoved(): void
    {
        touch("$this->root/.backup/one.test.lock");
        $this->assertEnded(0, $this->ee('site update one.test --proxy-cache=on'));
        $this->assertFileExists("$this->root/.backup/one.test.lock");
        $this->assertEnded(0, $this->ee('site restore one.test'));
        $this->assertFileDoesNotExist("$this->root/.backup/one.test.lock");
    }

    public function testLockedLockOfEasyEngineIsLeftAlone(): void
    {
        $own = fopen("$this->root/.backup/one.test.lock", 'c+e');
        flock($own, LOCK_EX);
        $this->assertEnded(0, $this->ee('site restore one.test'));
        $this->assertFileExists("$this->root/.backup/one.test.lock");
    }

    public function testArchiverOfAKilledBackupIsNamedAndWaitedFor(): void
    {
        $backup = $this->worker('site backup one.test');
        $archiver = $this->orphan($backup);
        $backup->kill()->wait();
        $this->assertSame([], $this->holders());

        $refused = "/^Error: EasyEngine's own lock of all backups is kept by pid $archiver \\(\"sleep 1000\"\\), which a dead ee has left behind; try again/m";
        $this->assertEnded(75, $this->ee('site backup one.test'), $refused);
        $this->assertSame([], $this->holders());
        $two = $this->start('site backup two.test', [], ['EE_SITELOCK_WAIT' => '600']);
        $two->until("/^Waiting .* for pid $archiver /m");
        $restore = $this->ee('site restore one.test');
        $this->assertEnded(0, $restore, self::BACKUP_KILLED);
        $this->assertStringNotContainsString('exit status', $restore->output, 'who was refused has begun nothing');
        posix_kill($archiver, SIGKILL);
        $this->assertEnded(0, $two);
        $this->assertQuiet('two.test');
    }

    public function testWithoutALockOfAllBackupsThatOfEasyEngineIsLeftToEasyEngine(): void
    {
        $this->config(['sitelock-global' => 'none']);
        $this->orphan($this->worker('site backup one.test'));
        $this->assertEnded(0, $this->ee('site backup two.test'));
    }

    public function testDeletedSiteIsForgotten(): void
    {
        $this->killed('site create third.test --type=html --skip-status-check');
        $this->assertEnded(0, $this->ee('site delete third.test --yes'), '/third\.test may be half done/');
        $this->assertFileDoesNotExist("$this->root/locks/sites/third.test.lock");
        $create = $this->ee('site create third.test --type=html --skip-status-check');
        $this->assertSame([0, ''], [$create->status, $create->output]);
    }
}
