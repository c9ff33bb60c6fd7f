<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use Sitelock\Symfony\SitelockStore;
use Symfony\Component\Lock\PersistingStoreInterface;

final class DirectoryStoreTest extends FileStoreTest
{
    protected function getStore(): PersistingStoreInterface
    {
        return new SitelockStore($this->folder, SitelockStore::DIRECTORY);
    }
}
