<?php

declare(strict_types=1);

namespace Sitelock\Cli\Command;

use Sitelock\Cli\Failure;
use Sitelock\Cli\Requirements;
use Sitelock\Cli\Text;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

/** What the commands share. */
abstract class LockCommand extends Command
{
    protected const ADDRESS = 'PATH, dir:PATH, borg:REPOSITORY or ENGINE://HOST#NAME';
    protected const WAIT = 'Wait so many seconds, or forever';

    protected function initialize(InputInterface $input, OutputInterface $output): void
    {
        Requirements::check();
        Text::useLocalTime();
    }

    /** @throws Failure it is neither a number of seconds nor "forever" */
    protected static function timeout(InputInterface $input, float $default): float
    {
        $wait = $input->getOption('wait');
        if ($wait === null) {
            return $default;
        }
        if ($wait === 'forever') {
            return INF;
        }
        if (!preg_match('/^(\d+\.?\d*|\.\d+)$/D', $wait)) {
            throw Failure::usage("--wait takes a number of seconds, or forever, not \"$wait\"");
        }
        return (float) $wait;
    }
}
