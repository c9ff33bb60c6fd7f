<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

/** For engines that show who has a lock. */
trait NamesHolders
{
    public function testHoldersAreNamed(): void
    {
        $lock = $this->lock('site');
        self::assertSame([], $lock->getHolders());
        $holder = $this->holder('site');
        [$seen] = $lock->getHolders();
        self::assertSame([null, gethostname(), "pid $holder->pid there, backup of a shop", false, null, false],
            [$seen->getPid(), $seen->getHost(), $seen->getLabel(), $seen->isShared(), $seen->isAlive(), $seen->isSelf()]);
        self::assertEqualsWithDelta(microtime(true), $seen->getSince(), 10.0);
        $holder->kill();
        self::until(static function () use ($lock): bool {
            return $lock->getHolders() === [];
        }, 'nobody has it');
        $lock->acquireShared();
        self::assertSame([getmypid(), true, true], [$lock->getHolders()[0]->getPid(), $lock->getHolders()[0]->isSelf(), $lock->getHolders()[0]->isShared()]);
    }
}
