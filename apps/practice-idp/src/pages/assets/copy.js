for (const button of document.querySelectorAll('button[data-copy]')) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener('click', async () => {
    field.select();
    // Only secure contexts have a clipboard; elsewhere the text is selected and the keyboard does the rest.
    await navigator.clipboard?.writeText(field.value);
    button.textContent = navigator.clipboard ? 'Copied' : 'Selected';
  });
}
