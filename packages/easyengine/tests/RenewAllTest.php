<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

/** ee site ssl-renew --all, one ee for each site. */
final class RenewAllTest extends HostTestCase
{
    private const RENEWED = "/^at before_invoke:site ssl-renew\n/m";

    protected function setUp(): void
    {
        parent::setUp();
        $this->sites(array_fill_keys(['one.test', 'two.test', 'shop.test'], ['le', true, false]));
    }

    public function testRenewsAll(): void
    {
        $this->assertSame(3, $this->countRenewed($this->renewAll(0)));
    }

    public function testSkipsTheBusySite(): void
    {
        $backup = $this->worker('site backup two.test');
        $renewal = $this->renewAll(1);
        $this->assertSame(2, $this->countRenewed($renewal));
        $this->assertEnded(
            1,
            $renewal,
            self::refusal('two.test', $backup, 'ee site backup two.test'),
            '/^Warning: Skipped two\.test: somebody else works on it\.$/m',
            '/^Error: Certificates that were not renewed: 1\.$/m'
        );
        $this->assertEnded(0, $backup->tell('go'));
    }

    public function testOneThatFailsDoesNotEndTheOthersAndAllHaveTheSameFlags(): void
    {
        // With --force EasyEngine failed when it was recorded, for lack of a network.
        $call = json_encode(['calls' => [['before_invoke:site', ['ssl-renew'], ['all' => true, 'force' => true]]]]);
        $renewal = $this->startCommand($this->command('--replay ' . escapeshellarg($call)));
        $this->assertEnded(
            1,
            $renewal,
            '/^Error: as it was recorded\nWarning: Could not renew the certificate of one\.test \(exit status 1\)\.$/m',
            '/no recording of ee site ssl-renew two\.test --force in/',
            '/^Error: Certificates that were not renewed: 3\.$/m'
        );
        $this->assertEnded(
            1,
            $this->startCommand($this->command('--replay ' . escapeshellarg($call) . ' --debug')),
            '/no recording of ee site ssl-renew shop\.test --force --debug in/'
        );
    }

    public function testThoseThatEasyEngineWouldNotRenew(): void
    {
        $this->sites(['one.test' => ['le', false, false], 'two.test' => ['le', true, true], 'shop.test' => ['le', true, false], 'blog.test' => ['self', true, false]]);
        $renewal = $this->renewAll(0);
        $this->assertSame(1, $this->countRenewed($renewal));
        $this->assertStringContainsString('Warning: Skipped two.test: its wildcard certificate', $renewal->output);
        $this->config(['cloudflare-api-key' => 'x']);
        $this->assertSame(2, $this->countRenewed($this->renewAll(0)));
    }

    public function testDoesNotLockWhatItDoesNotRenew(): void
    {
        $hook = 'before_invoke:site ssl-renew';
        $renewal = $this->start('site ssl-renew --all', [$hook])->at($hook);
        $this->assertSame(['one.test'], array_keys($this->holders()));
        $this->assertNotSame($renewal->pid, $this->holders()['one.test'], 'it is not the child that has the lock');
        $renewal->tell('go')->at($hook);
        $this->assertSame(['two.test'], array_keys($this->holders()));
        $renewal->tell('go')->at($hook)->tell('go');
        $this->assertEnded(0, $renewal);
    }

    private function renewAll(int $status): Running
    {
        $hook = 'before_invoke:site ssl-renew';
        $renewal = $this->start('site ssl-renew --all', [$hook])->tell("go\ngo\ngo");
        $this->assertEnded($status, $renewal);
        return $renewal;
    }

    private function countRenewed(Running $renewal): int
    {
        return preg_match_all(self::RENEWED, $renewal->output);
    }
}
