# Draws what bench/waiting measured. It sets `plots`, where they go, `machine`, and for each plot its
# lines: handoff, held, end, contend.

set terminal svg size 860,440 dynamic background rgb 'white' font 'sans-serif,13'
set grid
set label machine at screen 0.5,0.015 center font ',9' noenhanced
set bmargin 5
set logscale x
set format x '%.0f'
# As many colours as there are contestants, in the order in which they are drawn.
colours = '#000000 #1b9e77 #d00000 #e6a100 #7570b3 #66c2a5 #ff8080 #8c564b #1f77b4 #999999 #cc79a7'
do for [i=1:words(colours)] { set linetype i linecolor rgb word(colours, i) pointtype i }

set output plots.'/handoff.svg'
set title 'From a release to the acquire that waited'
set xlabel 'microseconds'
set ylabel 'per cent of the hand-offs'
set yrange [0:100]
set key outside right
eval 'plot '.handoff[1:strlen(handoff)-2]

set output plots.'/held.svg'
set title 'One acquire and release beside locks that the process holds'
set xlabel 'locks held'
set ylabel 'microseconds'
set yrange [0:*]
set key bottom right inside
eval 'plot '.held[1:strlen(held)-2]

set output plots.'/end.svg'
set title 'From the end of the script to the end of the process'
set ylabel 'milliseconds'
set logscale y
set yrange [*:*]
set key top left inside
eval 'plot '.end[1:strlen(end)-2]

set output plots.'/contend.svg'
set title 'Processes that want one lock again and again, for 50 us'
set xlabel 'processes'
set ylabel 'acquired in a second'
unset logscale y
set logscale x 2
set yrange [0:*]
set key bottom right inside
eval 'plot '.contend[1:strlen(contend)-2]
