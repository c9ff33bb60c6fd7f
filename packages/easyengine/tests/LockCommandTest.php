<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** ee lock status. What ee lock break does is in AftermathTest. */
final class LockCommandTest extends HostTestCase
{
    public function testShowsWhoHasWhat(): void
    {
        $this->assertEnded(0, $this->ee('site reload two.test'));
        $backup = $this->worker('site backup one.test');
        $this->assertSame([
            '(all backups)' => "held: pid $backup->pid (\"ee site backup one.test\")",
            'one.test' => "held: pid $backup->pid (\"ee site backup one.test\")",
            'two.test' => 'free: ',
        ], $this->status());
        $this->assertSame(['two.test' => 'free: '], $this->status('two.test'));
        $this->assertEnded(0, $backup->tell('go'));
        $this->assertQuiet('one.test');
    }

    public function testShowsWhatWasLeftInDisorder(): void
    {
        $this->killed('site restore one.test');
        $this->assertSame(['one.test' => 'free, left in disorder: '], $this->status('one.test'));
        $this->ee('site reload one.test'); // it is told, and repairs nothing
        $this->assertSame(['one.test' => 'free, left in disorder: '], $this->status('one.test'));
        $this->ee('site restore one.test');
        $this->assertSame(['one.test' => 'free: '], $this->status('one.test'));
    }

    public function testTheLockOfAllBackupsIsInOrderAgainWithTheNextOne(): void
    {
        $this->killed('site backup one.test');
        $this->assertSame('free, left in disorder: ', $this->status()['(all backups)']);
        $this->assertEnded(0, $this->ee('site backup two.test'));
        $this->assertSame('free: ', $this->status()['(all backups)']);
    }

    public function testBeforeAnythingWasLocked(): void
    {
        $this->assertSame(['(all backups)' => 'free: '], $this->status());
        $this->assertSame(['one.test' => 'free: '], $this->status('one.test'));
        $this->assertDirectoryDoesNotExist("$this->root/locks");
    }

    /** @return array<string, string> state and holder, without how long */
    private function status(string ...$sites): array
    {
        $lines = explode("\n", rtrim($this->ee('lock status ' . implode(' ', $sites))->output, "\n"));
        $status = [];
        foreach ($lines as $line) {
            [$lock, $state, $who] = explode("\t", $line);
            $status[$lock] = "$state: " . preg_replace('/ for \d+ s$/', '', $who);
        }
        return $status;
    }
}
