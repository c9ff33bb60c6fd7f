<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use Symfony\Component\Lock\Test;
use Symfony\Component\Lock\Tests;

// It comes with symfony/lock since 7.4.
class_alias(
    class_exists(Test\AbstractStoreTestCase::class) ? Test\AbstractStoreTestCase::class : Tests\Store\AbstractStoreTestCase::class,
    SymfonyStoreTestCase::class
);
