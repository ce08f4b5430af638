/** A program that is asked over IPC, and ends with whoever asks. `answers` are functions, by what is asked. */
export function answer(answers) {
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ id, ask, ...rest }) => {
    try {
      process.send({ id, ...(await answers[ask](rest)) })
    } catch (error) {
      process.send({ id, fault: error.message })
    }
  })
}
