<?php

declare(strict_types=1);

namespace Sitelock\Cli\Command;

use Sitelock\Cli\Address;
use Sitelock\Cli\ExitCode;
use Sitelock\Cli\Failure;
use Sitelock\Cli\Locks;
use Sitelock\Cli\Text;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

/** Says that what earlier owners left half done was cleaned up. */
final class MarkConsistentCommand extends LockCommand
{
    protected function configure(): void
    {
        $this
            ->setName('mark-consistent')
            ->setDescription('Says that what an earlier owner left half done was cleaned up')
            ->addArgument('address', InputArgument::REQUIRED, 'The PATH of the lock')
            ->setHelp(<<<'HELP'
                The next owner hears nothing of those who failed or were killed under this lock. It takes the
                lock for a moment, so nobody else may have it. A command that succeeds under <info>sitelock run</info>
                does the same.
                HELP);
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $address = Address::parse($input->getArgument('address'));
        if (!$address->tellsOfAbandonment()) {
            throw Failure::usage("$address->text does not tell of owners who died; a PATH does");
        }
        if (!file_exists($address->lock->getPath())) {
            throw new Failure(ExitCode::SYSTEM, "there is no lock file $address->text");
        }
        $locks = new Locks([$address]);
        if (!$locks->acquire(0.0)) {
            array_map([Text::class, 'say'], $locks->whatIsBusy('wait for it with sitelock wait, and try again'));
            return ExitCode::BUSY;
        }
        $abandoned = $locks->abandonedBy()[$address->text] ?? [];
        $locks->markConsistent();
        $locks->release();
        foreach ($abandoned as $dead) {
            $output->writeln(Text::visible("forgotten: $dead"), OutputInterface::OUTPUT_RAW);
        }
        if ($abandoned === []) {
            $output->writeln(Text::visible("nobody has abandoned $address->text"), OutputInterface::OUTPUT_RAW);
        }
        return ExitCode::OK;
    }
}
