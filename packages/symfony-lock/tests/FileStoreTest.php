<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use Sitelock\Symfony\SitelockStore;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Tests\Store\BlockingStoreTestTrait;
use Symfony\Component\Lock\Tests\Store\SharedLockStoreTestTrait;
use Symfony\Component\Lock\Tests\Store\UnserializableTestTrait;

/** Symfony's own tests of a store, all that they have for one that blocks and shares and does not expire. */
class FileStoreTest extends SymfonyStoreTestCase
{
    use Scratch;
    use BlockingStoreTestTrait;
    use SharedLockStoreTestTrait;
    use UnserializableTestTrait;

    protected function getStore(): PersistingStoreInterface
    {
        return new SitelockStore($this->folder);
    }
}
