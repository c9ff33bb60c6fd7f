<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use RuntimeException;

/** A signal that ends this process came while it waited; the code is its number. */
final class Interrupted extends RuntimeException
{
}
